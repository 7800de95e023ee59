/** Every sentence a visitor can read. The server sends them in one language; the source holds none. */
export type Texts = Readonly<Record<TextKey, string>>

export type TextKey =
  // the notice (first layer)
  | 'title' | 'body' | 'accept_all' | 'ask_each' | 'refuse_all' | 'details' | 'gpc'
  // the preferences
  | 'preferences_title' | 'preferences_body' | 'necessary' | 'necessary_text' | 'always_on'
  | 'services' | 'vendor' | 'stores' | 'keeps'
  | 'cookies' | 'cookie' | 'copy' | 'copied' | 'language'
  | 'save' | 'saved' | 'close' | 'withdraw' | 'policy' | 'consent_id' | 'decided_at' | 'reopen'
  // what has changed, or will
  | 'changed' | 'others_stay'
  // "ask me each time"; question_body has {service} {stores} {keeps}
  | 'question_title' | 'question_body' | 'allow' | 'refuse' | 'always'
  // the placeholder of a gated frame; embed_blocked has {service}
  | 'embed_blocked' | 'embed_load' | 'embed_always'
