// swrun
