"""Prints a page as somebody does who chooses 'Print to file': WebKit's driver has no command for it.

usage: print-webkit.py PAGE ADDRESS OUT    PAGE is a file of HTML, as it stands at ADDRESS; OUT is the PDF
"""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2

file, address, out = sys.argv[1:]
view = WebKit2.WebView()
window = Gtk.OffscreenWindow()
window.add(view)
window.show_all()
operation = WebKit2.PrintOperation.new(view)
paper = Gtk.PageSetup()
paper.set_paper_size(Gtk.PaperSize.new(Gtk.PAPER_NAME_A4))
for margin in (paper.set_top_margin, paper.set_bottom_margin, paper.set_left_margin, paper.set_right_margin):
    margin(0, Gtk.Unit.MM)
operation.set_page_setup(paper)
settings = Gtk.PrintSettings()
settings.set_printer("Print to File")
settings.set(Gtk.PRINT_SETTINGS_OUTPUT_FILE_FORMAT, "pdf")
settings.set(Gtk.PRINT_SETTINGS_OUTPUT_URI, "file://" + out)
operation.set_print_settings(settings)
wrong = []
operation.connect("failed", lambda _, why: wrong.append(why.message))
view.connect("web-process-terminated", lambda _, why: (wrong.append(why.value_nick), Gtk.main_quit()))
operation.connect("finished", lambda _: Gtk.main_quit())
view.connect("load-changed", lambda _, event: event == WebKit2.LoadEvent.FINISHED and operation.print_())
view.load_html(open(file, encoding="utf-8").read(), address)
Gtk.main()
sys.exit(", ".join(wrong) or None)
