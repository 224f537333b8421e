export NINJA_STATUS="[%f/%t] "
