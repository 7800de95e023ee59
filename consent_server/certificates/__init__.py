"""Certificates of destruction (파기 관리대장): what was destroyed when, how and by whom; no person."""
