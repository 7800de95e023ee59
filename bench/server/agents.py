"""User-agent headers as browsers of 2025 and 2026 send them: 593 distinct ones.

Chromium and Firefox freeze most of the header, so variety lies in versions and in the systems and
devices below (MDN, "User-Agent reduction"); Android WebViews and Samsung still name the device.
"""

from __future__ import annotations

_CHROME_SYSTEMS = (
    "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0", "Linux; Android 10; K",
)  # fmt: skip
_FIREFOX_SYSTEMS = (
    "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10.15", "X11; Linux x86_64",
    "X11; Ubuntu; Linux x86_64", "Android 14; Mobile",
)  # fmt: skip
_PHONES = (
    "SM-S928N", "SM-S921B", "SM-A546E", "SM-F956N", "SM-G991N", "Pixel 8", "Pixel 7a", "LM-V500N",
    "2201117TG", "CPH2581", "M2101K6G", "SM-T970", "SM-X716B", "RMX3771", "XQ-DQ54", "V2250",
)  # fmt: skip
_BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
)
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


def agents() -> list[str]:
    """Returns the headers, desktop and mobile, without repetition."""
    return [*_chromium(), *_firefox(), *_apple(), *_android(), *_BOTS]


def _chromium() -> list[str]:
    found = []
    for version in range(120, 144):
        for system in _CHROME_SYSTEMS:
            mobile = " Mobile" if "Android" in system else ""
            chrome = (
                f"Mozilla/5.0 ({system}) {_WEBKIT} Chrome/{version}.0.0.0{mobile} Safari/537.36"
            )
            found += [chrome, f"{chrome} Edg/{version}.0.0.0"]
    return found


def _firefox() -> list[str]:
    found = []
    for version in range(115, 145):
        for system in _FIREFOX_SYSTEMS:
            gecko = f"{version}.0" if "Android" in system else "20100101"
            start = f"Mozilla/5.0 ({system}; rv:{version}.0)"
            found.append(f"{start} Gecko/{gecko} Firefox/{version}.0")
    return found


def _apple() -> list[str]:
    systems = [f"{major}_{minor}" for major in (16, 17, 18) for minor in range(8)]
    found = []
    for system in systems:
        for device in ("iPhone; CPU iPhone", "iPad; CPU"):
            base = f"Mozilla/5.0 ({device} OS {system} like Mac OS X) {_SAFARI}"
            found.append(f"{base} Version/{system.replace('_', '.')} Mobile/15E148 Safari/604.1")
        mac = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI}"
        found.append(f"{mac} Version/{system.replace('_', '.')} Safari/605.1.15")
    return found


def _android() -> list[str]:
    return [
        f"Mozilla/5.0 (Linux; Android {12 + number % 4}; {phone}) {_WEBKIT} {browser}"
        for number, phone in enumerate(_PHONES)
        for browser in (
            *(f"SamsungBrowser/{version}.0 Chrome/121.0.0.0 Mobile Safari/537.36"
              for version in range(22, 28)),
            "Version/4.0 Chrome/130.0.6723.107 Mobile Safari/537.36 NAVER(inapp; search; 2000)",
            "Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36;KAKAOTALK 2610980",
        )
    ]  # fmt: skip
