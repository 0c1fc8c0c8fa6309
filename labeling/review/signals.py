"""What the review room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `comments_published.send(sender=Comment, image=…, comments=[…])` in the transaction of the verdict that shows
# a reviewer's drafts to everybody.
comments_published = Signal()
