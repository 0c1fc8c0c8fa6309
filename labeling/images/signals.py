"""What the images room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `image_accepted.send(sender=Image, image=image)` once the image's row is committed. A worker that is killed
# between the commit and the signal never sends it: receivers need a sweep that finds what they missed.
image_accepted = Signal()

# Sent as `image_copied.send(sender=Image, source=…, image=…)` once the row of a copy is committed. A receiver that has
# made what `image_accepted` asks for answers True; if none has, `image_accepted` follows.
image_copied = Signal()

# Sent as `image_rendered.send(sender=Image, image=…)` in the transaction that gives an image another view of the same
# size: receivers let what they have made of the old one be made again.
image_rendered = Signal()
