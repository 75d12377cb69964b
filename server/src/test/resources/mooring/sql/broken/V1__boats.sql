CREATE TABLE boat (name text PRIMARY KEY);
