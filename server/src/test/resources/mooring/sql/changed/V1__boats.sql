CREATE TABLE boat (name text);
