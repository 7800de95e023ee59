/** Hands the loader to tests/browser/test_package.py. */
import { banner, loadConsentBanner } from 'consent-server-banner'

Object.assign(globalThis, { load: loadConsentBanner, banner })
