"""The workbook planner: stock, needs and lanes in one Excel book, an explained plan in another. No database, no server.

``words`` names sheets and columns, ``reading`` turns cells into a ``Book`` or lists everything that is wrong
with them, ``network`` finds every way from stock to needs, ``families`` makes engine problems of them and has
them solved, ``planning`` reads the answer back, ``prices`` says what each rule costs, ``wording`` says why,
``rows`` and ``writing`` fill the answer, ``template`` makes a book to start from.
"""
