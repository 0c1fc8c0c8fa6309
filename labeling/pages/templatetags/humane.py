"""Numbers as people say them."""

from django import template

register = template.Library()


@register.filter
def duration(seconds: int) -> str:
    """`45 s`, `2 min 5 s`, `3 h 20 min`.

    >>> [duration(one) for one in (0, 45, 125, 600, 12000)]
    ['0 s', '45 s', '2 min 5 s', '10 min', '3 h 20 min']
    """
    minutes, left = divmod(int(seconds), 60)
    hours, over = divmod(minutes, 60)
    if hours:
        return f"{hours} h {over} min" if over else f"{hours} h"
    if minutes:
        return f"{minutes} min {left} s" if left and minutes < 10 else f"{minutes} min"
    return f"{left} s"
