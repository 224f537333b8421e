# Moves nothing: our install phase knows its outputs. Kept as a file that is
# an input by itself.
moveToDevDone=1
