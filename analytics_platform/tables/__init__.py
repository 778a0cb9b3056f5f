"""What each table is: columns, types, units, key and grain. No reading, no rules of one sender."""
