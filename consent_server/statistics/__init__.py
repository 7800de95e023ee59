"""What is left of visits: counts of a day that is over, in which nobody can be found."""
