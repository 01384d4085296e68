/* people: whom most tests of the road are about, as members of a record on either side. */
#ifndef SUTURE_TESTS_SYNC_PEOPLE_H
#define SUTURE_TESTS_SYNC_PEOPLE_H

#define ANN         "\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\""
#define CONTACT_ANN "\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\""
#define BOB         "\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\""
#define CONTACT_BOB "\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1970-05-05\""
/* Who is p010 of rig_put_patients. */
#define CONTACT_F010 "\"FirstName\":\"F010\",\"LastName\":\"L\",\"Birthdate\":\"1980-01-02\""

#endif
