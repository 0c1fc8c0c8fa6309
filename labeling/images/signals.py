"""What the images room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `image_accepted.send(sender=Image, image=image)` once the image's row is committed. A worker that is killed
# between the commit and the signal never sends it: receivers need a sweep that finds what they missed.
image_accepted = Signal()
