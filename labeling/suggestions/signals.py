"""What the suggestions room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `suggestions_decided.send(sender=Suggestion, image=…)` in the transaction in which suggestions of the image
# were rejected, or rejections taken back. Keeping one is an event of the annotations.
suggestions_decided = Signal()
