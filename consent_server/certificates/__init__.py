"""Certificates of destruction (파기 관리대장): what went when, how, by whom; no person."""
