//! What follows from the measurements and verdicts. Pure functions; each finding cites the figures
//! it rests on, and an empty list is a valid answer.
