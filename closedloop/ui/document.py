"""What the document says of itself: its language, and the page server's own words in that language.

The page server's document always says that it is English, and a few of its own labels are: a screen
reader would read Chinese with an English voice. One small part of every page sets the language, and replaces
those labels.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from closedloop.ui.builtin_words import builtin_words
from closedloop.ui.language import LANGUAGE_COOKIE, Texts, language_of

#: ``lang`` of the document by language of the interface.
CODES = {"zh": "zh-CN", "en": "en"}

_CHOSEN = "language_chosen"
#: Seconds that a browser keeps the choice: a year.
_KEPT_FOR = 31_536_000

_JS = r"""
const NAMES = ["aria-label", "title", "placeholder", "alt"]
// What a page shows is not the page server's: a title that is one of its words stays as it is.
const DATA = ".cl-table, .cl-wall, [data-testid=stTable], [data-testid=stDataFrame] table, code, " +
  "svg, [translate=no]"
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"]
// Kept with the window: the part is made anew with every page, the document is not.
const state = (window.closedloopDocument ||= {
  key: "{}", words: new Map(), forms: [], back: [], watching: false,
})

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
const form = (from, to) => [new RegExp("^" + escaped(from).replace("\\{\\}", "(.+)") + "$", "s"), to]
const day = (text) =>
  text.replace(/([A-Z][a-z]+) (\d{1,2}), (\d{4})( at)?/g, (whole, month, date, year) => {
    const at = MONTHS.indexOf(month) + 1
    return at ? `${year}-${String(at).padStart(2, "0")}-${date.padStart(2, "0")}` : whole
  })

// What is said instead of a text, or the text itself.
const said = (text) => {
  const word = state.words.get(text)
  if (word !== undefined) return word
  for (const [from, to] of state.forms) {
    const found = from.exec(text)
    if (found) return to.replace("{}", () => day(said(found[1])))
  }
  return text
}

const translate = (node) => {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.nodeValue.trim()
    if (!text) return
    const ours = said(text)
    if (ours !== text) node.nodeValue = node.nodeValue.replace(text, () => ours)
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.closest(DATA)) return
  for (const name of NAMES) {
    const text = node.getAttribute(name)
    if (!text) continue
    const ours = said(text)
    if (ours !== text) node.setAttribute(name, ours)
  }
  for (const child of node.childNodes) translate(child)
}

const use = (pairs) => {
  state.words = new Map(pairs.filter(([from]) => !from.includes("{}")))
  state.forms = pairs.filter(([from]) => from.includes("{}")).map(([from, to]) => form(from, to))
  if (pairs.length) translate(document.body)
}

const watch = () => {
  state.watching = true
  new MutationObserver((changes) => {
    if (!state.words.size) return
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(translate)
      else translate(change.target)
    }
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: NAMES,
  })
}

export default function ({ data, parentElement }) {
  document.documentElement.lang = data.lang
  if (data.cookie) document.cookie = data.cookie + (location.protocol === "https:" ? "; secure" : "")
  const pairs = Object.entries(data.words)
  const key = JSON.stringify(data.words)
  if (state.key !== key) {
    use(state.back)  // what was said in the language before, back to the page server's own
    use(pairs)
    state.back = pairs.map(([from, to]) => [to, from])
    state.key = key
  }
  if (!state.watching) watch()
  const host = parentElement.getRootNode().host || parentElement
  host.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
}
"""


@lru_cache(maxsize=1)
def _component():
    return st.components.v2.component("closedloop_document", js=_JS)


def usual_language() -> str:
    """The language where the address names none: the one last chosen in this browser, else the browser's."""
    return language_of(st.context.locale, st.context.cookies.get(LANGUAGE_COOKIE))


def remember_language() -> None:
    """Somebody chose a language: from the next run on the browser keeps it. A link with ``lang`` does not."""
    st.session_state[_CHOSEN] = True


def put_document(texts: Texts) -> None:
    """Say the language of the document, and keep one that was chosen; takes no room on the page."""
    cookie = f"{LANGUAGE_COOKIE}={texts.language}; path=/; max-age={_KEPT_FOR}; samesite=lax"
    _component()(
        key="document",
        data={
            "lang": CODES[texts.language],
            "words": builtin_words(texts),
            "cookie": cookie if st.session_state.get(_CHOSEN) else "",
        },
    )
