"""What the features room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `features_ready.send_robust(sender=Encoding, image_id=…)` once an image's row says *ready*. A worker that is
# killed between the two never sends it: receivers need a sweep that finds what they missed.
features_ready = Signal()
