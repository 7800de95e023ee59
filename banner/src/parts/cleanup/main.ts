/**
 * Takes away what a refused service stored: cookies over every domain and path, keys of both storages, by the names
 * that the notice lists. At each decision and at each start, because a service may write late.
 */
import { config, follow, mayUse, state } from '../../core/door'
import { eraseCookies, isNamed } from '../extras/jar'

function sweep(): void {
  const names = config.services
    .filter(({ key, purpose }) => !mayUse(purpose, key))
    .flatMap((service) => service.names ?? [])
    .map(asPattern)
  eraseCookies(names)
  for (const kind of ['localStorage', 'sessionStorage'] as const) {
    try {
      const storage = window[kind]
      for (const key of Object.keys(storage)) if (isNamed(key, names)) storage.removeItem(key)
    } catch {
      // closed to us, so there is nothing of theirs either
    }
  }
}

/** "_ga_*" matches _ga_ and anything behind it; all other signs stand for themselves. */
function asPattern(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\*/g, '.*')}$`)
}

if (state.action) sweep()
follow(({ before }) => {
  sweep()
  const isTakenBack = ({ key, purpose }: { key: string; purpose: string }) =>
    mayUse(purpose, key, before) && !mayUse(purpose, key)
  if (config.reload && config.services.some(isTakenBack)) setTimeout(() => location.reload())
})
