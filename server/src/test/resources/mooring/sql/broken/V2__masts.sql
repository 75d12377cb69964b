ALTER TABLE boat ADD COLUMN mast text;
ALTER TABLE ship ADD COLUMN mast text;
