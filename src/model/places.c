#include "model/places.h"

static const struct place states[] = {
	{ "AL", "", "Alabama" },
	{ "AK", "", "Alaska" },
	{ "AZ", "", "Arizona" },
	{ "AR", "", "Arkansas" },
	{ "CA", "", "California" },
	{ "CO", "", "Colorado" },
	{ "CT", "", "Connecticut" },
	{ "DE", "", "Delaware" },
	{ "DC", "", "District of Columbia" },
	{ "FL", "", "Florida" },
	{ "GA", "", "Georgia" },
	{ "HI", "", "Hawaii" },
	{ "ID", "", "Idaho" },
	{ "IL", "", "Illinois" },
	{ "IN", "", "Indiana" },
	{ "IA", "", "Iowa" },
	{ "KS", "", "Kansas" },
	{ "KY", "", "Kentucky" },
	{ "LA", "", "Louisiana" },
	{ "ME", "", "Maine" },
	{ "MD", "", "Maryland" },
	{ "MA", "", "Massachusetts" },
	{ "MI", "", "Michigan" },
	{ "MN", "", "Minnesota" },
	{ "MS", "", "Mississippi" },
	{ "MO", "", "Missouri" },
	{ "MT", "", "Montana" },
	{ "NE", "", "Nebraska" },
	{ "NV", "", "Nevada" },
	{ "NH", "", "New Hampshire" },
	{ "NJ", "", "New Jersey" },
	{ "NM", "", "New Mexico" },
	{ "NY", "", "New York" },
	{ "NC", "", "North Carolina" },
	{ "ND", "", "North Dakota" },
	{ "OH", "", "Ohio" },
	{ "OK", "", "Oklahoma" },
	{ "OR", "", "Oregon" },
	{ "PA", "", "Pennsylvania" },
	{ "RI", "", "Rhode Island" },
	{ "SC", "", "South Carolina" },
	{ "SD", "", "South Dakota" },
	{ "TN", "", "Tennessee" },
	{ "TX", "", "Texas" },
	{ "UT", "", "Utah" },
	{ "VT", "", "Vermont" },
	{ "VA", "", "Virginia" },
	{ "WA", "", "Washington" },
	{ "WV", "", "West Virginia" },
	{ "WI", "", "Wisconsin" },
	{ "WY", "", "Wyoming" },
	{ "AS", "", "American Samoa" },
	{ "GU", "", "Guam" },
	{ "MP", "", "Northern Mariana Islands" },
	{ "PR", "", "Puerto Rico" },
	{ "VI", "", "U.S. Virgin Islands" },
	{ "AA", "", "Armed Forces Americas" },
	{ "AE", "", "Armed Forces Europe" },
	{ "AP", "", "Armed Forces Pacific" },
};

/* Other names in use, and the code they stand for. To add one: a row. */
struct alias {
	const char *name;
	const char *code;
};

static const struct alias state_aliases[] = {
	{ "Washington DC", "DC" },     { "Washington, DC", "DC" }, { "Washington, D.C.", "DC" },
	{ "Washington D.C.", "DC" },   { "D.C.", "DC" },           { "Virgin Islands", "VI" },
	{ "US Virgin Islands", "VI" },
};

static const struct alias country_aliases[] = {
	{ "United States of America", "US" },
	{ "U.S.", "US" },
	{ "U.S.A.", "US" },
	{ "America", "US" },
	{ "UK", "GB" },
	{ "U.K.", "GB" },
	{ "Great Britain", "GB" },
	{ "Britain", "GB" },
	{ "South Korea", "KR" },
	{ "Republic of Korea", "KR" },
	{ "North Korea", "KP" },
	{ "Russian Federation", "RU" },
	{ "Viet Nam", "VN" },
	{ "Czech Republic", "CZ" },
	{ "Türkiye", "TR" },
	{ "Turkiye", "TR" },
	{ "Holland", "NL" },
	{ "Ivory Coast", "CI" },
	{ "Burma", "MM" },
	{ "Swaziland", "SZ" },
	{ "Cabo Verde", "CV" },
	{ "Macedonia", "MK" },
	{ "The Bahamas", "BS" },
	{ "The Gambia", "GM" },
	{ "Holy See", "VA" },
	{ "Republic of Ireland", "IE" },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Most rows differ in the first letter: look at it before anything is called. */
static bool is_called(struct str text, const char *name)
{
	return lower(text.at[0]) == lower(name[0]) && str_eq_nocase(text, str_of(name));
}

static const struct place *find(const struct place *places, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++) {
		if (text.len == 2 && is_called(text, places[i].code))
			return &places[i];
		if (text.len == 3 && is_called(text, places[i].code3))
			return &places[i];
		if (text.len > 3 && is_called(text, places[i].name))
			return &places[i];
	}
	return NULL;
}

static struct str resolve(const struct alias *aliases, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++)
		if (is_called(text, aliases[i].name))
			return str_of(aliases[i].code);
	return text;
}

const struct place *place_state(struct str text)
{
	text = str_trim(text);
	if (text.len < 2)
		return NULL;
	return find(states, ARRAY_LEN(states), resolve(state_aliases, ARRAY_LEN(state_aliases), text));
}

const struct place *place_country(struct str text)
{
	text = str_trim(text);
	if (text.len < 2)
		return NULL;
	return find(place_countries, place_countries_count, resolve(country_aliases, ARRAY_LEN(country_aliases), text));
}
