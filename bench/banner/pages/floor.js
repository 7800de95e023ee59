// The least that a banner can cost: a dialog with three buttons that writes a cookie and goes.
(function () {
  var styles = '#fb{position:fixed;inset:auto 0 0 0;background:#fff;color:#111;padding:1em;box-shadow:0 0 12px #0004;font:16px/1.4 sans-serif}#fb button{font:inherit;display:block;width:100%;margin:.4em 0;padding:.6em;background:#222;color:#fff;border:0;border-radius:6px}'
  var words = '<h2 id="fbt">We use cookies</h2><p>We use cookies to measure and improve this site. You choose.</p><button data-a="1">Accept all</button><button data-a="0">Reject all</button><button data-a="2">Manage preferences</button>'
  function draw() {
    var dialog = document.createElement('section')
    dialog.id = 'fb'
    dialog.setAttribute('role', 'dialog')
    dialog.setAttribute('aria-labelledby', 'fbt')
    dialog.innerHTML = '<style>' + styles + '</style>' + words
    dialog.onclick = function (event) {
      if (!event.target.dataset.a) return
      document.cookie = 'c=' + event.target.dataset.a + ';path=/;max-age=15552000'
      dialog.remove()
    }
    document.body.appendChild(dialog)
  }
  if (/(^|; )c=/.test(document.cookie)) return
  document.body ? draw() : addEventListener('DOMContentLoaded', draw)
})()
