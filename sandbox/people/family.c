/* family: family names, frequent first, and the ones that need care: hyphens, apostrophes, accents, great length. */
#include "sandbox/people/tables.h"

static const char *const families[] = {
	"Smith",      "Johnson",    "Williams",  "Brown",      "Jones",     "Garcia",    "Miller",    "Davis",
	"Rodriguez",  "Martinez",   "Hernandez", "Lopez",      "Gonzalez",  "Wilson",    "Anderson",  "Thomas",
	"Taylor",     "Moore",      "Jackson",   "Martin",     "Lee",       "Perez",     "Thompson",  "White",
	"Harris",     "Sanchez",    "Clark",     "Ramirez",    "Lewis",     "Robinson",  "Walker",    "Young",
	"Allen",      "King",       "Wright",    "Scott",      "Torres",    "Nguyen",    "Hill",      "Flores",
	"Green",      "Adams",      "Nelson",    "Baker",      "Hall",      "Rivera",    "Campbell",  "Mitchell",
	"Carter",     "Roberts",    "Gomez",     "Phillips",   "Evans",     "Turner",    "Diaz",      "Parker",
	"Cruz",       "Edwards",    "Collins",   "Reyes",      "Stewart",   "Morris",    "Morales",   "Murphy",
	"Cook",       "Rogers",     "Gutierrez", "Ortiz",      "Morgan",    "Cooper",    "Peterson",  "Bailey",
	"Reed",       "Kelly",      "Howard",    "Ramos",      "Kim",       "Cox",       "Ward",      "Richardson",
	"Watson",     "Brooks",     "Chavez",    "Wood",       "James",     "Bennett",   "Gray",      "Mendoza",
	"Ruiz",       "Hughes",     "Price",     "Alvarez",    "Castillo",  "Sanders",   "Patel",     "Myers",
	"Long",       "Ross",       "Foster",    "Jimenez",    "Powell",    "Jenkins",   "Perry",     "Russell",
	"Sullivan",   "Bell",       "Coleman",   "Butler",     "Henderson", "Barnes",    "Gonzales",  "Fisher",
	"Vasquez",    "Simmons",    "Romero",    "Jordan",     "Patterson", "Alexander", "Hamilton",  "Graham",
	"Reynolds",   "Griffin",    "Wallace",   "Moreno",     "West",      "Cole",      "Hayes",     "Bryant",
	"Herrera",    "Gibson",     "Ellis",     "Tran",       "Medina",    "Aguilar",   "Stevens",   "Murray",
	"Ford",       "Castro",     "Marshall",  "Owens",      "Harrison",  "Fernandez", "McDonald",  "Woods",
	"Washington", "Kennedy",    "Wells",     "Vargas",     "Henry",     "Chen",      "Freeman",   "Webb",
	"Tucker",     "Guzman",     "Burns",     "Crawford",   "Olson",     "Simpson",   "Porter",    "Hunter",
	"Gordon",     "Mendez",     "Silva",     "Shaw",       "Snyder",    "Mason",     "Dixon",     "Munoz",
	"Hunt",       "Hicks",      "Holmes",    "Palmer",     "Wagner",    "Black",     "Robertson", "Boyd",
	"Stone",      "Salazar",    "Fox",       "Warren",     "Mills",     "Meyer",     "Rice",      "Schmidt",
	"Garza",      "Daniels",    "Ferguson",  "Nichols",    "Stephens",  "Soto",      "Weaver",    "Ryan",
	"Gardner",    "Payne",      "Grant",     "Dunn",       "Kelley",    "Spencer",   "Hawkins",   "Arnold",
	"Pierce",     "Hansen",     "Peters",    "Santos",     "Hart",      "Bradley",   "Knight",    "Elliott",
	"Cunningham", "Duncan",     "Armstrong", "Hudson",     "Carroll",   "Lane",      "Riley",     "Andrews",
	"Alvarado",   "Ray",        "Delgado",   "Berry",      "Perkins",   "Hoffman",   "Johnston",  "Matthews",
	"Pena",       "Richards",   "Contreras", "Willis",     "Carpenter", "Lawrence",  "Sandoval",  "Guerrero",
	"George",     "Chapman",    "Rios",      "Estrada",    "Ortega",    "Watkins",   "Greene",    "Nunez",
	"Wheeler",    "Valdez",     "Harper",    "Burke",      "Larson",    "Santiago",  "Maldonado", "Morrison",
	"Franklin",   "Carlson",    "Austin",    "Dominguez",  "Carr",      "Lawson",    "Jacobs",    "Lynch",
	"Singh",      "Vega",       "Bishop",    "Montgomery", "Oliver",    "Jensen",    "Harvey",    "Williamson",
	"Gilbert",    "Dean",       "Sims",      "Espinoza",   "Howell",    "Li",        "Wong",      "Reid",
	"Hanson",     "McCoy",      "Garrett",   "Burton",     "Fuller",    "Wang",      "Weber",     "Welch",
	"Rojas",      "Lucas",      "Marquez",   "Fields",     "Park",      "Yang",      "Little",    "Banks",
	"Padilla",    "Day",        "Walsh",     "Bowman",     "Schultz",   "Luna",      "Fowler",    "Mejia",
	"Abbott",     "Achterberg", "Adebayo",   "Agarwal",    "Ahmed",     "Andersson", "Aoki",      "Baptiste",
	"Bergstrom",  "Bhatt",      "Blackwood", "Bui",        "Cabrera",   "Chaudhry",  "Cohen",     "Dang",
	"Desai",      "Duong",      "Eriksen",   "Fitzgerald", "Friedman",  "Goldberg",  "Gunderson", "Haddad",
	"Huang",      "Ivanov",     "Jaramillo", "Kaminski",   "Khan",      "Kowalski",  "Lindqvist", "Liu",
	"Mbeki",      "Nakamura",   "Novak",     "Okafor",     "Okonkwo",   "Petrov",    "Pham",      "Quintero",
	"Rosenberg",  "Saito",      "Schwartz",  "Takahashi",  "Tanaka",    "Underwood", "Vang",      "Vo",
	"Weiss",      "Xiong",      "Yamamoto",  "Yoder",      "Zhang",     "Zimmerman", "Zuniga",
};
const struct words family_names = { families, ARRAY_LEN(families) };

static const char *const hyphens[] = {
	"Smith-Jones",   "Garcia-Lopez", "Taylor-Brown",  "Okafor-Reed",  "Cruz-Medina",    "Lee-Hamilton",
	"Diaz-Whitaker", "Bell-Ortiz",   "Nguyen-Carter", "Abbott-Singh", "Ruiz-Fernandez", "Holm-Larson",
};
const struct words hyphen_names = { hyphens, ARRAY_LEN(hyphens) };

static const char *const apostrophes[] = {
	"O'Brien",  "O'Connor",   "D'Angelo",     "O'Neill",     "D'Souza",     "O'Hara",    "N'Diaye",  "O'Malley",
	"St. John", "De La Cruz", "Van der Berg", "Mc Allister", "L'Esperance", "al-Rashid", "Ten Boom",
};
const struct words apostrophe_names = { apostrophes, ARRAY_LEN(apostrophes) };

static const char *const accents[] = {
	"Núñez",     "Muñoz",           "García",          "Peña",     "Müller",      "Łukasiewicz", "Åkesson",
	"Fernández", "López-Castañeda", "Dvořák",          "Nováková", "Çelik",       "Gonçalves",   "Sørensen",
	"Beyoğlu",   "Žižek",           "Désirée-Lefèvre", "Weißmann", "Ólafsdóttir", "Théroux",
};
const struct words accent_families = { accents, ARRAY_LEN(accents) };

static const char *const longs[] = {
	"Wolfeschlegelsteinhausenbergerdorff",
	"Keihanaikukauakahihuliheekahaunaele",
	"Papadimitrakopoulos-Christodoulopoulou",
	"Fernandez de Cordoba y Alvarez de las Asturias Bohorques",
	"Raghunathapuram Venkatasubramanian Krishnamurthy",
};
const struct words long_families = { longs, ARRAY_LEN(longs) };
