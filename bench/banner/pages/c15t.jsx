// c15t as its guide for React sets it up, without its server ("offline"): banner and dialog.
import { ConsentBanner, ConsentDialog, ConsentManagerProvider } from '@c15t/react'
import '@c15t/react/styles.css'
import { createRoot } from 'react-dom/client'

const OPTIONS = { mode: 'offline', consentCategories: ['necessary', 'measurement', 'marketing'] }

const root = document.createElement('div')
document.body.append(root)
createRoot(root).render(
  <ConsentManagerProvider options={OPTIONS}>
    <ConsentBanner />
    <ConsentDialog />
  </ConsentManagerProvider>,
)
