// The lock of the screen, in place: everything is taken out of the page and out of reach, the site is told, and the
// site's own page of the lock is put there instead. What was typed is back after unlocking; it never left this page.
'use strict'
{
  const OFFLINE = 'There is no connection. The screen stays locked until there is one.'
  const EVERY = 10000 // milliseconds between two looks at the clock, and two words to the other tabs
  const idle = Number(document.currentScript.dataset.idle) * 1000
  const tabs = new BroadcastChannel('continuity-lock')
  const title = document.title
  let covered = null
  let lastUsed = Date.now()
  let lastTold = 0

  const inPlace = { 'X-In-Place': '1' }

  function hide () {
    covered = document.createDocumentFragment()
    covered.append(...document.body.childNodes)
    document.title = 'Locked - Continuity'
    say('The screen is locked.')
  }

  function lock () {
    if (covered) return
    hide()
    tabs.postMessage('lock')
    tell()
  }

  // Nobody asks how it stands before the site has been told: until then it would say that all is open.
  async function tell () {
    if (!covered) return
    const button = covered.querySelector('[data-lock]')
    try {
      const said = () => fetch(button.formAction, { method: 'POST', headers: inPlace, body: new FormData(button.form) })
      if ((await said()).status === 403 && await trust(button.form)) await said()
    } catch (error) {
      say(OFFLINE)
      setTimeout(tell, EVERY)
      return
    }
    tabs.postMessage('locked')
    ask('/locked/')
  }

  // A page older than the last sign-in is not believed, and would be uncovered again: take the token of a new one.
  async function trust (form) {
    const answer = await fetch('/account/')
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const fresh = page.querySelector('[data-lock]')
    if (!fresh) return false
    form.elements.csrfmiddlewaretoken.value = fresh.form.elements.csrfmiddlewaretoken.value
    return true
  }

  function say (words) {
    const main = document.createElement('main')
    const line = document.createElement('p')
    line.textContent = words
    main.append(line)
    document.body.replaceChildren(main)
  }

  async function ask (url, sent) {
    let answer
    try {
      answer = await fetch(url, sent || { headers: inPlace })
    } catch (error) {
      say(OFFLINE)
      setTimeout(() => { if (covered) ask('/locked/') }, EVERY)
      return
    }
    if (!covered) return
    if (answer.status === 204) return uncover()
    if (answer.redirected || !answer.ok) return location.reload()
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const main = page.querySelector('main')
    await load(page) // before its buttons are there: one that does nothing yet would be pressed in vain
    if (!covered) return
    dress(page)
    document.body.replaceChildren(main)
    for (const form of main.querySelectorAll('form')) {
      if (new URL(form.action).pathname !== '/locked/') continue
      form.addEventListener('submit', function (event) {
        event.preventDefault()
        ask('/locked/', { method: 'POST', headers: inPlace, body: new FormData(form) })
      })
    }
    if (window.continuityKeys) window.continuityKeys(document)
    const first = main.querySelector('[aria-invalid], [data-key-press], input:not([type=hidden])')
    if (first) first.focus()
  }

  function dress (page) {
    for (const link of page.querySelectorAll('link[rel=stylesheet]')) {
      if (document.querySelector(`link[href="${link.getAttribute('href')}"]`)) continue
      link.dataset.ofLock = ''
      document.head.append(link)
    }
  }

  async function load (page) {
    if (!page.querySelector('[data-key-press]')) return
    for (const script of page.querySelectorAll('script[src]')) {
      const src = script.getAttribute('src')
      if (document.querySelector(`script[src="${src}"]`)) continue
      await new Promise(function (resolve) {
        const copy = document.createElement('script')
        copy.src = src
        copy.onload = copy.onerror = resolve
        document.head.append(copy)
      })
    }
  }

  function uncover () {
    document.body.replaceChildren(covered)
    for (const link of document.querySelectorAll('link[data-of-lock]')) link.remove()
    document.title = title
    covered = null
    lastUsed = Date.now()
    tabs.postMessage('unlock')
    document.dispatchEvent(new Event('continuity-unlock')) // parts of this page that save by themselves go on
  }

  function used () {
    lastUsed = Date.now()
    if (!covered && lastUsed - lastTold > EVERY) {
      lastTold = lastUsed
      tabs.postMessage('used')
    }
  }

  tabs.onmessage = function (event) {
    if (event.data === 'used') lastUsed = Date.now()
    if (event.data === 'lock' && !covered) {
      hide()
      setTimeout(() => { if (!document.querySelector('form')) tell() }, EVERY) // the other tab is gone
    }
    if (['locked', 'unlock'].includes(event.data) && covered) ask('/locked/')
  }
  for (const kind of ['pointerdown', 'keydown', 'scroll', 'input']) {
    document.addEventListener(kind, used, { passive: true, capture: true })
  }
  document.addEventListener('continuity-lock', function () { // said by the site to a part of this page
    if (!covered) hide()
    ask('/locked/')
  })
  document.addEventListener('submit', function (event) {
    if (!event.submitter || !event.submitter.matches('[data-lock]')) return
    event.preventDefault()
    lock()
  })
  setInterval(function () { if (!covered && Date.now() - lastUsed > idle) lock() }, Math.min(EVERY, idle))
  tabs.postMessage('unlock') // this page was shown: an agency's sign-in may have unlocked the session in this tab
}
