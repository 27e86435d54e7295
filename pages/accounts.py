"""Accounts: who may come in, as what, for where, from when until when. For account administrators."""

import streamlit as st

from closedloop.access import administrators
from closedloop.access.administrators import Administrator
from closedloop.ui import visit as visits
from closedloop.ui.account_list import PlaceNames, chosen, grants_table, state_choice
from closedloop.ui.account_view import give_section, revoke_section, say_what_was_done
from closedloop.ui.registry import ACCOUNTS, page_title
from closedloop.ui.states import empty

visit = visits.current()
t, texts = visit.t, visit.texts
asking = Administrator(visit.identity.issuer, visit.identity.subject)

st.title(page_title(ACCOUNTS, texts, visit.identity))
st.caption(
    t(
        "A member has one part at a time. Grants are never deleted: who gave and who took each stays on "
        "record. Account administrators and auditors are granted on the command line."
    )
)
say_what_was_done()

grants = administrators.listed(asking)
places = PlaceNames.of(administrators.places(asking), texts)

st.subheader(t("Grants"))
with st.container(horizontal=True, vertical_alignment="bottom"):
    state = state_choice(texts)
    about = st.text_input(t("Account or name"), key="about", max_chars=255).strip()
shown = chosen(grants, state, about)
if shown:
    st.html(grants_table(shown, places, texts))
else:
    empty(t("No such grant."))

st.subheader(t("Give a grant"))
give_section(visit, asking, places)

st.subheader(t("Take a grant back"))
revoke_section(visit, asking, grants, places)
