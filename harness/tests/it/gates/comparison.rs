//! Comparisons: over recorded noise, and of real runs.
