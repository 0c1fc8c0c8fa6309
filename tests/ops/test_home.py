"""Where the embedded Redis's socket lies."""

import os
from pathlib import Path

import pytest

from labeling.config import home
from labeling.server import redis_server
from tests.patience import PATIENCE


def test_a_plain_folder_holds_its_own_socket() -> None:
    assert home.redis_socket(Path("/srv/interlabel")) == Path("/srv/interlabel/run/redis.sock")


@pytest.mark.parametrize("folder", ["/srv/" + "deep/" * 30, "/srv/my data", "/srv/100%", "/srv/größe", "/srv/a?b#c"])
def test_a_folder_that_sockets_or_urls_cannot_take_gets_a_stand_in(folder: str) -> None:
    socket = home.redis_socket(Path(folder))
    assert len(os.fsencode(socket)) <= home.SOCKET_PATH_BYTES
    assert str(socket).isascii()
    assert socket == home.redis_socket(Path(folder))
    assert socket != home.redis_socket(Path(folder) / "other")


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    home.make_private(tmp_path / "open")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_a_planted_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        home.make_private(tmp_path / "link")


def test_a_redis_left_on_the_socket_is_ended_before_another_starts(tmp_path: Path) -> None:
    socket = home.redis_socket(tmp_path)
    left = redis_server.start(socket)
    ours = redis_server.start(socket)
    try:
        assert left.wait(PATIENCE) == 0
        assert redis_server.answers(socket)
    finally:
        ours.terminate()
        ours.wait(PATIENCE)


def test_a_redis_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "appendonly.aof").write_bytes(b"*not a command log at all\r\n")
    with pytest.raises(redis_server.RedisDidNotStart, match="(?s)Its log ends:.*Bad file format"):
        redis_server.start(home.redis_socket(tmp_path), patience=5)
