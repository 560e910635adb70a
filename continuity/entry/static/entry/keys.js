// Security keys and passkeys: ask the browser, put its answer into the form, send the form. allauth's webauthn-json.js
// turns texts into bytes and back. The page itself says what to do where this does not run.
'use strict'
window.continuityKeys = function (root) {
  for (const form of root.querySelectorAll('form[data-key-get], form[data-key-create]')) {
    const press = form.querySelector('[data-key-press]')
    const failed = form.querySelector('[data-key-failed]')
    if (!press || form.dataset.keyReady) continue
    form.dataset.keyReady = '1'
    press.addEventListener('click', async function () {
      failed.hidden = true
      press.disabled = true
      try {
        const make = form.dataset.keyCreate
        const asked = JSON.parse(make || form.dataset.keyGet)
        const answer = make ? await window.webauthnJSON.create(asked) : await window.webauthnJSON.get(asked)
        form.elements.credential.value = JSON.stringify(answer)
        form.requestSubmit()
      } catch (error) {
        failed.hidden = false
        press.focus()
      }
      press.disabled = false
    })
  }
}
window.continuityKeys(document)
