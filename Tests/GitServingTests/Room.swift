// Taken up by the commits that follow.
