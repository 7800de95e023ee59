"""Fixtures of the stories that must hold in every engine."""

from support.engines import engine as engine
from support.engines import running_engine as running_engine
from support.gated_page import make_product as make_product
from support.gated_page import notice_file as notice_file
from support.gated_page import own_product as own_product
from support.gated_page import product as product
from support.gated_page import standing_pages as standing_pages
from support.gated_page import standing_service as standing_service
from support.gated_page import standing_site as standing_site
