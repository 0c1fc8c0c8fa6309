"""What the annotations room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `worked_on.send(sender=AnnotationSet, image=…, user=…)` in the transaction in which somebody's turn at an
# image began or went on.
worked_on = Signal()

# Sent as `status_changed.send(sender=AnnotationSet, kept=…, user=…, was=…)` in the transaction of the change, with the
# set locked. `was` is the status before.
status_changed = Signal()

# Sent as `events_logged.send(sender=AnnotationEvent, kept=…, events=[…])` in the transaction of the change, with the
# set locked: new events of one set in a row, all by one person. They are changes of objects, or one other event.
events_logged = Signal()

# Sent as `time_reported.send(sender=WorkTime, image=…)` in the transaction that keeps how long somebody worked on it.
time_reported = Signal()
