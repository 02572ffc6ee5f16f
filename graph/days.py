"""The parts of a week that `graph.moments` tells apart; without numpy, for the event log."""

DAY = 86_400  # seconds
QUARTER = 6 * 3600
WEEKEND = (2, 3)  # days of the week, counted from Thursday, on which 1970 began
