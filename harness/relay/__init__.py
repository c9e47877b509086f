"""Documents sent through chains of edits and back."""
