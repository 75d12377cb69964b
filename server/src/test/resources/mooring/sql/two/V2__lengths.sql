ALTER TABLE boat ADD COLUMN length_metres numeric;
