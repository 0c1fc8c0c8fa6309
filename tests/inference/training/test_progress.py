"""What a run says of the time that is left."""

from inference.training.progress import Progress, clock


def test_the_time_that_is_left() -> None:
    progress = Progress(shown=False)
    assert progress.left(0.5, 10) == "?"
    progress.update(0.5, 100)  # resumed half-way, after 100 seconds
    assert progress.left(0.6, 120) == clock(80)
    assert clock(3723) == "1:02:03"
