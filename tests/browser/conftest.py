"""Fixtures of the tests that look at the banner in a real browser."""

from support.gated_page import make_product as make_product
from support.gated_page import notice_file as notice_file
from support.gated_page import own_product as own_product
from support.gated_page import product as product
from support.gated_page import standing_pages as standing_pages
from support.gated_page import standing_service as standing_service
from support.gated_page import standing_site as standing_site
