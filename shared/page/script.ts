/**
 * The page's script; its hash is in the policy, so nothing else runs. It keeps the function key out of the address,
 * renews the page, sends the forms, and reads charts out below the pointer. Without it the page shows the same.
 */
export const script = `
(() => {
  const store = 'lake-function-key'
  const address = new URL(location.href)
  const given = address.searchParams.get('code')
  if (given !== null) {
    sessionStorage.setItem(store, given)
    address.searchParams.delete('code')
    history.replaceState(null, '', address)
  }
  const headers = () => {
    const key = sessionStorage.getItem(store)
    return key === null ? {} : { 'x-functions-key': key }
  }
  const withoutKey = text => {
    const url = new URL(text, location.href)
    url.searchParams.delete('code')
    return url
  }
  const hideKey = () => {
    for (const a of document.querySelectorAll('a[href*="code="]')) {
      const url = withoutKey(a.href)
      a.setAttribute('href', url.search + url.hash)
    }
    for (const f of document.querySelectorAll('form[action*="code="]')) f.setAttribute('action', withoutKey(f.action).pathname)
  }
  const ask = async (url, options = {}) => {
    const answer = await fetch(url, { ...options, headers: headers(), cache: 'no-store' })
    return new DOMParser().parseFromString(await answer.text(), 'text/html')
  }
  const show = (found, keep) => {
    const fresh = found.querySelector('main')
    const old = document.querySelector('main')
    if (fresh === null || old === null) return false
    for (const details of old.querySelectorAll('details[open]')) {
      const same = details.id === '' ? null : found.getElementById(details.id)
      if (same !== null) same.open = true
    }
    const nav = found.querySelector('nav')
    if (nav !== null) document.querySelector('nav').replaceWith(nav)
    if (keep) {
      const scrolled = [...old.querySelectorAll('.wide,.events')].map(e => [e.scrollLeft, e.scrollTop])
      const box = old.querySelector('#sql')?.closest('section')
      const newBox = fresh.querySelector('#sql')?.closest('section')
      if (box && newBox) newBox.replaceWith(box)
      old.replaceWith(fresh)
      ;[...fresh.querySelectorAll('.wide,.events')].forEach((e, i) => {
        if (scrolled[i]) [e.scrollLeft, e.scrollTop] = scrolled[i]
      })
    } else old.replaceWith(fresh)
    hideKey()
    return true
  }
  const say = text => {
    const place = document.getElementById('renewed')
    if (place) place.textContent = text
  }
  let shown = address.search
  const go = async (url, push) => {
    if (!show(await ask(url), false)) return
    shown = url.search
    if (push) history.pushState(null, '', url)
    const target = url.hash === '' ? null : document.getElementById(url.hash.slice(1))
    target?.scrollIntoView()
    if (url.hash === '#sql') document.getElementById('statement')?.focus({ preventScroll: true })
  }
  addEventListener('click', event => {
    const a = event.target.closest?.('a[href^="?"]')
    if (!a || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go(withoutKey(a.href), true).catch(() => say('The page could not be loaded.'))
  })
  addEventListener('popstate', () => {
    // A link to a part of the page asks for nothing.
    if (location.search !== shown) go(new URL(location.href), false).catch(() => undefined)
  })
  addEventListener('submit', async event => {
    event.preventDefault()
    const form = event.target
    const button = form.querySelector('button')
    button.disabled = true
    try {
      const found = await ask(withoutKey(form.action), { method: 'POST', body: new URLSearchParams(new FormData(form)) })
      if (form.id === 'query') {
        const answer = found.getElementById('answer')
        if (answer) document.getElementById('answer').replaceWith(answer)
      } else {
        say(found.querySelector('main')?.textContent.trim().slice(0, 300) ?? '')
        show(await ask(location.href), true)
      }
    } catch {
      say('The host did not answer.')
    } finally {
      button.disabled = false
    }
  })
  addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.form?.id === 'query') event.target.form.requestSubmit()
  })
  const charts = new WeakMap()
  addEventListener('pointermove', event => {
    const svg = event.target.closest?.('.chart svg')
    for (const line of document.querySelectorAll('.cursor')) if (line.ownerSVGElement !== svg) reset(line.ownerSVGElement)
    if (!svg) return
    const legend = svg.parentElement.querySelector('.legend')
    if (!charts.has(svg)) charts.set(svg, { data: JSON.parse(legend.dataset.chart), rest: [...legend.childNodes] })
    const { data } = charts.get(svg)
    const box = svg.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width
    let best = -1
    data.at.forEach((at, i) => {
      if (best < 0 || Math.abs(at - x) < Math.abs(data.at[best] - x)) best = i
    })
    if (best < 0) return
    let line = svg.querySelector('.cursor')
    if (!line) {
      line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
      line.setAttribute('class', 'cursor')
      svg.append(line)
    }
    line.setAttribute('d', 'M' + data.at[best] + ' 14V116')
    legend.textContent = data.times[best] + '  ' + data.lines.map(([label, values]) => label + ' ' + (values[best] ?? '–')).join('  ')
  })
  const reset = svg => {
    svg.querySelector('.cursor')?.remove()
    const legend = svg.parentElement.querySelector('.legend')
    legend.replaceChildren(...(charts.get(svg)?.rest ?? []))
  }
  hideKey()
  new PerformanceObserver(() => document.documentElement.classList.add('whole')).observe({ type: 'paint', buffered: true })
  setInterval(() => {
    if (document.hidden || document.querySelector('.cursor')) return
    if (document.activeElement?.closest?.('main') && document.activeElement.id !== 'statement') return
    ask(location.href).then(found => show(found, true)).catch(() => say('The host does not answer.'))
  }, 15000)
})()
`
