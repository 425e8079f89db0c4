"""SPAN parameter files in and out: expanded unpacked (``.pa2``) and XML (``.spn``), read into and written from the one model.

``read.read_span`` is the door; ``cut.cut`` writes a private slice of a file; ``write.write_pa2`` and ``write.write_spn`` write what
the model holds; ``synthetic.synthetic`` invents a market to test with. Everything of one layout is in the modules that begin
with its name: ``pa2_...`` and ``spn_...``.
"""
