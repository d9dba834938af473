"""What every context stands on and what knows no domain noun.

clock      the only place that asks for the time; instants, business days, 24:00
quantity   whole numbers read from what people type; exact ratios
errors     how a refusal and a bad row are told
access     who acts, and what that person may do
events     the trail: what was done, by whom, to which object
figures    the registry of figures, and what others have published beside them
exchange   files in (all problems at once, nothing half-written) and files out
"""
