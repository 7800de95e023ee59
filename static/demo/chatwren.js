/**
 * Chatwren, an invented chat service of the demo: a bubble in the corner that answers by itself and keeps in the
 * cookie `wren_chat` whether it is open. Its words come from the attributes of its tag.
 */
(() => {
  const DAYS = 7
  const words = document.currentScript.dataset
  let box
  let count = 0

  function start() {
    count = 0
    const isOpen = /(?:^|; )wren_chat=open/.test(document.cookie)
    box = make('section', 'chat')
    box.ariaLabel = words.title
    const toggle = make('button', 'chat-toggle')
    toggle.type = 'button'
    toggle.setAttribute('aria-controls', 'chat-window')
    const panel = make('div', 'chat-window')
    panel.id = 'chat-window'
    const log = make('div', 'chat-log')
    log.setAttribute('role', 'log')
    log.tabIndex = 0 // it scrolls
    log.append(make('p', 'chat-said', words.hello))
    panel.append(log, form(log))
    box.append(panel, toggle)
    toggle.addEventListener('click', () => show(toggle, panel, panel.hidden))
    show(toggle, panel, isOpen)
    document.body.append(box)
  }

  function show(toggle, panel, isOpen) {
    panel.hidden = !isOpen
    toggle.ariaExpanded = String(isOpen)
    toggle.ariaLabel = isOpen ? words.close : words.open
    document.cookie = `wren_chat=${isOpen ? 'open' : 'closed'};path=/;max-age=${DAYS * 86400};samesite=lax`
  }

  function form(log) {
    const sender = make('form', 'chat-form')
    const field = make('input', 'chat-field')
    Object.assign(field, { ariaLabel: words.message, placeholder: words.message, maxLength: 200, autocomplete: 'off', required: true })
    const send = make('button', 'chat-send', words.send)
    sender.append(field, send)
    sender.addEventListener('submit', (event) => {
      event.preventDefault()
      count += 1
      log.append(make('p', 'chat-mine', field.value), make('p', 'chat-said', words.answer))
      log.scrollTop = log.scrollHeight
      field.value = ''
    })
    return sender
  }

  function stop() {
    box?.remove()
    box = undefined
  }

  function make(name, className, text = '') {
    const node = document.createElement(name)
    node.className = className
    node.textContent = text
    return node
  }

  start()
  ;(window.demoServices ??= new Map()).set('chatwren', { start, stop, learned: () => ({ count }) })
  document.dispatchEvent(new Event('demo:service'))
})()
