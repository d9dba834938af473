"""How everything looks: frames, parts, charts, boards, static files. Knows no domain noun.

Tags and filters are built in (settings) or ``{% load ui %}``. Numbers in ``{{ }}`` get
thousands separators: write ``{{ id|unlocalize }}`` or ``|stringformat:"d"`` in addresses and ids.

Frames (``{% extends %}``)
    ui/frame.html   a desk page. Blocks: title, crumbs, heading, lead, actions, steps, content, head,
                    body_class (``is-task``: one task on a phone, no bar of places)
    ui/wall.html    the wall, 1920 × 1080, no scrolling. Blocks: title, heading, lead, countdown,
                    refresh (seconds), content
    ui/entry.html   a centred card (sign-in, refusals). Blocks: title, heading, content,
                    card_class (``is-wide``)

Panel; after the body, in this order and both optional, the right end of its head and its grey foot::

    {% panel _("Lines") note=_("by tier") kind="flush" id="lines" %} body
    {% panelactions %} links {% panelfoot %} totals {% endpanel %}

    kind: flush (tables up to the edge), whatif (dashed), warn, bad; level=3 for a smaller heading

Parts (exact lines)
    {% include "ui/parts/steps.html" with steps=steps %}
        in block steps; [{name, note, state: done|current|todo|refused}]
    {% include "ui/parts/empty.html" with text=_("No batch yet.") href=url action=_("Draft a batch") %}
        one sentence on what would be here and the action that brings it; keep the table's head
    {% include "ui/parts/pager.html" with page=page %}
        Django's Page: "1–50 of 312"; needs request, keeps the other parameters
    {% include "ui/parts/certificate.html" with certificate=certificate %}
        {fair, gap, checked_at, digest, href, reason}
    {% include "ui/parts/form.html" %}
        inside <form method="post">: csrf, idempotency key, count of errors, every field of ``form``
    {% include "ui/parts/form_field.html" with field=form.amount %}
        label, control, help, errors in place
    {% include "ui/parts/filters.html" with form=filter_form %}
        GET form in a row; the address is the state
    {% include "ui/parts/tabs.html" with tabs=tabs label=_("State") %}
        [{label, href, selected, count|None}]
    {% include "ui/parts/choices.html" with choices=choices label=_("Cut") %}
        few: segmented; [{name, href, selected}]
    {% include "ui/parts/choice_menu.html" with choices=choices label=_("Item") %}
        many: a menu of the same
    {% include "ui/parts/as_of_picker.html" %}
        day + 08:00 / 19:00 / 24:00, writes ?as_of=2020-01-29T24:00; already under the top bar's stamp
    {% include "ui/parts/stamp.html" with as_of=at completeness=reports pill=True %}
        "Data as of 29 Jan 24:00 | reports in 14/15"; completeness {reported, expected} or None
    {% include "ui/parts/notice.html" with state="warn" title=t text=words href=url link=_("mend") %}
    {% include "ui/parts/crumbs.html" with crumbs=crumbs %}
        in block crumbs; [{label, href|None}]
    {% include "ui/parts/key_figure.html" with card=card %}
        {label, value, unit, note, state, href, spark, simulated}; around them <div class="key-figures">
    {% include "ui/parts/simulated.html" %}
        the dashed tag at a simulated figure; compact=True in rows, note=text for its tooltip
    {% include "ui/parts/chart.html" with svg=svg label=_("Output") href=url link=_("Table") %}
    {% include "ui/parts/cut_note.html" with shown=6 all=17 %}
        "6 of 17" where a list is cut

Tags
    {% icon "truck" %} names: static/ui/icons.svg; decoration unless a second word names it
    {% status "bad" _("will run out") %} shape, colour, word: ok warn bad wait none held
    {% shape "ok" %} · {% kind_tag "ICU" "red" %} (red ok warn tier tier-line, or nothing)
    {% bar need covered batch mark=3 kind="stale" label=text %} kinds: one ok warn bad held stale brass;
        beside its number: <span class="bar-cell">{% bar … %}<span class="warn">63.0%</span></span>
    {% sparkline values %} · {% columns values %} · {% kept_inputs "page" %} (other filters, in a GET form)

Filters
    figure[:places] · signed · percent[:places] (of a ratio) · wan · myriads · hours · timespan (seconds)
    instant[:"full|day|time|brief|iso"] · cut:"19:00" · cut_moved:-1 · cut_day · plus · minus · share_of

Table
    <div class="table-wrap"><table class="table">; an empty head cell is <td>; names in <th scope="row">;
    figures in <td class="number">; second lines <span class="second">; rows is-opened is-chosen is-late
    is-stale; wrong cells <td class="is-bad">. A row that opens, and its explanation (the server leaves
    ``hidden`` out and sets is-opened when ``open=7``)::

        <a class="expander" href="?open=7#why-7" aria-controls="why-7" aria-expanded="false">
        <tr class="opened" id="why-7" hidden>

Buttons
    <button class="button is-main"> once a page; button; is-small; is-wide; what cannot be done yet:
    <span class="button is-locked">{% icon "lock" %}…</span> and why. On a phone the main one stands in
    <div class="action-bar"> with a line under it.

Forms that write begin with {% form_key %} (form.html does): the CSRF token and a key made when the form opens,
so that the same form sent twice is booked once; the script lets a form go once.

Grids: with-side (holds stack and stack side, 328 wide) · halves · thirds · stack.
More classes: chips, chip[.is-bad] · why, why-question, why-rows (dl) · pairs (dl) · balance-line[.is-bad]
    · persons, person-box[.is-done] · before-after · rows (ul) with grow and push · stepper · drop
    · swatch[.is-transit|.is-brass|.is-mark] · notices · button-row · muted small nowrap figure code
    · visually-hidden · ok warn bad (colour of a number) · is-simulated (dotted underline)

Python: format.py (figures, instants as text) · charts.py (line_chart, column_chart, sparkline, columns,
    bar) · board.py (boards, board: the tile maps). All pure.

Cookie it sets: qipan_theme (light, dark, system). Addresses it asks for by name, if there: set_language
    (POST language, next), sign_in, sign_out (POST).
"""
