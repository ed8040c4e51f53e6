"""What the widgets show, as plain data, and how numbers and states are worded. No widgets and no clocks."""
