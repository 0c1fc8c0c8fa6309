"""A real S3 server (moto) for the tests of object stores: one for all of them."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from labeling.storage import s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(s3_server: str, settings: Any) -> Iterator[Any]:
    """A client of an empty store with the buckets `pictures`, `exports` and `media`."""
    settings.S3_ENDPOINT_URL, settings.S3_REGION = s3_server, "us-east-1"
    settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY = "test-key", "test-secret"
    settings.SOURCE_BUCKETS, settings.EXPORT_BUCKETS = ["pictures/2024"], ["exports/labels"]
    s3.client.cache_clear()
    client = s3.client()
    for bucket in ("pictures", "exports", "media"):
        client.create_bucket(Bucket=bucket)
    yield client
    for bucket in ("pictures", "exports", "media"):
        for one in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
            client.delete_object(Bucket=bucket, Key=one["Key"])
        client.delete_bucket(Bucket=bucket)
    s3.client.cache_clear()
