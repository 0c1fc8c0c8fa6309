"""Objects of an S3-compatible store: as a Django storage, read piece by piece, and with addresses to download from.

The endpoint and the credentials come from the settings alone. What the store refuses or does not answer is an OSError,
as of a disk, so that uploads wait and requests say that nothing was saved.
"""

import errno
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

CHUNK = 1024 * 1024
MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
CHANGED = {"412", "PreconditionFailed"}
UPLOAD_ERRORS = S3UploadFailedError
REFUSED = {"403", "401", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}


class ObjectChanged(FileNotFoundError):
    """The object is not any more what it was when it was looked at."""


@cache
def client(endpoint: str = "") -> Any:
    """A client of the store, which all threads share. endpoint: another address of it, for browsers."""
    return boto3.client("s3", **connection_options(endpoint))


def connection_options(endpoint: str = "") -> dict[str, Any]:
    """Where the store is and who asks. What is not set is found by boto3: the `AWS_…` variables, a machine's role."""
    given = {
        "endpoint_url": endpoint or settings.S3_ENDPOINT_URL,
        "region_name": settings.S3_REGION,
        "aws_access_key_id": settings.S3_ACCESS_KEY_ID,
        "aws_secret_access_key": settings.S3_SECRET_ACCESS_KEY,
    }
    told: dict[str, Any] = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 3}}
    if settings.S3_ENDPOINT_URL:  # other stores than Amazon's know no buckets as host names, nor newer checksums
        told |= {"s3": {"addressing_style": "path"}}
        told |= dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
    config = Config(signature_version="s3v4", **told)
    return {name: value for name, value in given.items() if value} | {"config": config}


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Raises: FileNotFoundError, ObjectChanged or another OSError for what the store says."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in MISSING:
            raise FileNotFoundError(f"{what} is not in the object store.") from error
        if code in CHANGED:
            raise ObjectChanged(f"{what} was changed in the object store.") from error
        if code in REFUSED:
            raise OSError(errno.EIO, f"The object store refuses access ({code})", what) from error
        raise OSError(errno.EIO, f"The object store answered {code or 'an error'}", what) from error
    except BotoCoreError as error:
        raise OSError(
            errno.EHOSTUNREACH, f"The object store can't be reached ({type(error).__name__})", what
        ) from error


class ObjectFile(io.RawIOBase):
    """An object's bytes from any place on, by one request as long as it is read in order: a block out of a large zip
    costs its own bytes and the zip's list, not the whole.

    Raises: as `telling`; ObjectChanged when it is another object than at the first request.
    """

    def __init__(self, bucket: str, key: str, etag: str = "") -> None:
        self._bucket, self._key, self._etag = bucket, key, etag
        self._at, self._body_at = 0, 0
        self._body: Any = None
        with telling(key):
            asked = {"IfMatch": etag} if etag else {}
            found = client().head_object(Bucket=bucket, Key=key, **asked)
        self.length, self._etag = int(found["ContentLength"]), str(found["ETag"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self.length:
            return 0
        with telling(self._key):
            if self._body is None or self._body_at != self._at:
                self._drop()
                asked = {"Range": f"bytes={self._at}-", "IfMatch": self._etag}
                self._body = client().get_object(Bucket=self._bucket, Key=self._key, **asked)["Body"]
                self._body_at = self._at
            chunk = self._body.read(min(len(buffer), self.length - self._at))
        buffer[: len(chunk)] = chunk
        self._at = self._body_at = self._at + len(chunk)
        return len(chunk)

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        self._drop()
        super().close()


class StoredObject(File):
    """An object as Django's storages give files; it can be opened again."""

    def __init__(self, bucket: str, key: str) -> None:
        self._place = (bucket, key)
        raw = ObjectFile(bucket, key)
        self._length = raw.length
        super().__init__(io.BufferedReader(raw, CHUNK), name=key)

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "StoredObject":
        if self.closed:
            self.file = io.BufferedReader(ObjectFile(*self._place), CHUNK)
        else:
            self.seek(0)
        return self

    @property
    def size(self) -> int:
        return self._length


class ObjectStorage(S3Storage):
    """django-storages' S3 storage with this product's connection (`S3_…`); files are read in ranges, and not copied
    into memory before. Options: those of django-storages, of which only `bucket_name` is needed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._shared: Any = None
        self._making = threading.Lock()

    def get_default_settings(self) -> dict[str, Any]:
        own = {
            "endpoint_url": settings.S3_ENDPOINT_URL or None,
            "region_name": settings.S3_REGION or None,
            "access_key": settings.S3_ACCESS_KEY_ID or None,
            "secret_key": settings.S3_SECRET_ACCESS_KEY or None,
            "file_overwrite": False,
        }
        return super().get_default_settings() | own

    @property
    def connection(self) -> Any:
        """One for all threads: a web server's live no longer than a request, and making one takes a tenth of a
        second."""
        with self._making:
            if self._shared is None:
                self._shared = boto3.Session().resource("s3", **connection_options())
            return self._shared

    def _open(self, name: str, mode: str = "rb") -> IO[bytes]:
        if mode != "rb":
            raise ValueError(f"Files in an object store are only read and written whole, not opened as {mode!r}.")
        return StoredObject(self.bucket_name, self._normalize_name(name.lstrip("/")))

    def _save(self, name: str, content: Any) -> str:
        with telling(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with telling(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with telling(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with telling(name):
            return int(super().size(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with telling(name or "the store"):
            folders, files = super().listdir(name)
        return folders, files

    def copy_object(self, source: str, target: str) -> None:
        """Put an object under another name, over what is there, without its bytes coming here."""
        place = {"Bucket": self.bucket_name, "Key": self._normalize_name(source)}
        with telling(source):
            self.connection.meta.client.copy(place, self.bucket_name, self._normalize_name(target))

    def download_url(self, name: str, filename: str, content_type: str) -> str | None:
        """Where a browser gets the object from the store itself, for DOWNLOAD_SECONDS; None where that is off."""
        if not settings.DOWNLOAD_SECONDS:
            return None
        return presigned(self.bucket_name, self._normalize_name(name), filename, content_type)


def presigned(bucket: str, key: str, filename: str, content_type: str) -> str:
    """An address that gives an object as a download of this name, without any sign-in, for DOWNLOAD_SECONDS."""
    told = content_disposition_header(True, filename)
    asked = {
        "Bucket": bucket, "Key": key, "ResponseContentDisposition": told, "ResponseContentType": content_type,
        "ResponseCacheControl": "private, no-store",
    }  # fmt: skip
    of_browsers = client(settings.S3_PUBLIC_URL) if settings.S3_PUBLIC_URL else client()
    made: str = of_browsers.generate_presigned_url("get_object", Params=asked, ExpiresIn=settings.DOWNLOAD_SECONDS)
    return made
