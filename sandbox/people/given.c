/* given: given names, frequent first. To add one: a word in its list; keep lists free of words that differ only by accent. */
#include "sandbox/people/tables.h"

static const char *const female[] = {
	"Mary",      "Jennifer", "Emily",      "Linda",     "Patricia",  "Elizabeth", "Jessica",   "Sarah",
	"Susan",     "Ashley",   "Karen",      "Olivia",    "Emma",      "Barbara",   "Samantha",  "Amanda",
	"Nancy",     "Lisa",     "Margaret",   "Michelle",  "Sandra",    "Kimberly",  "Donna",     "Carol",
	"Stephanie", "Melissa",  "Rebecca",    "Laura",     "Sophia",    "Isabella",  "Deborah",   "Sharon",
	"Cynthia",   "Kathleen", "Amy",        "Angela",    "Ava",       "Mia",       "Anna",      "Brenda",
	"Pamela",    "Nicole",   "Katherine",  "Catherine", "Christine", "Rachel",    "Carolyn",   "Janet",
	"Maria",     "Heather",  "Diane",      "Ruth",      "Julie",     "Virginia",  "Charlotte", "Amelia",
	"Victoria",  "Kelly",    "Lauren",     "Joan",      "Evelyn",    "Judith",    "Megan",     "Andrea",
	"Cheryl",    "Hannah",   "Jacqueline", "Martha",    "Gloria",    "Teresa",    "Ann",       "Sara",
	"Madison",   "Frances",  "Kathryn",    "Janice",    "Jean",      "Abigail",   "Alice",     "Julia",
	"Judy",      "Grace",    "Denise",     "Amber",     "Doris",     "Marilyn",   "Danielle",  "Beverly",
	"Theresa",   "Diana",    "Brittany",   "Natalie",   "Rose",      "Alexis",    "Kayla",     "Lori",
	"Harper",    "Ella",     "Scarlett",   "Aaliyah",   "Chloe",     "Zoe",       "Leah",      "Hazel",
	"Violet",    "Aurora",   "Stella",     "Naomi",     "Ellie",     "Claire",    "Lucy",      "Caroline",
	"Genesis",   "Kennedy",  "Maya",       "Valentina", "Autumn",    "Quinn",     "Serenity",  "Priya",
	"Ananya",    "Fatima",   "Aisha",      "Mei",       "Yuki",      "Linh",      "Guadalupe", "Rosa",
	"Esperanza", "Ximena",   "Destiny",    "Latoya",    "Keisha",    "Imani",     "Tamika",    "Shanice",
	"Ebony",     "Ingrid",   "Astrid",     "Greta",     "Svetlana",  "Olga",      "Nadia",     "Leila",
	"Miriam",    "Rivka",    "Esther",     "Opal",      "Pearl",     "Winifred",  "Dolores",   "Beatrice",
	"Harriet",   "Agnes",    "Mabel",      "Edith",     "Florence",  "Thelma",    "Bernice",
};
const struct words given_female = { female, ARRAY_LEN(female) };

static const char *const male[] = {
	"James",       "Michael", "Robert",    "John",    "David",   "William",  "Joseph",   "Daniel",  "Matthew",
	"Christopher", "Richard", "Thomas",    "Anthony", "Liam",    "Noah",     "Charles",  "Mark",    "Andrew",
	"Joshua",      "Steven",  "Paul",      "Kenneth", "Kevin",   "Brian",    "George",   "Timothy", "Ronald",
	"Edward",      "Jason",   "Jeffrey",   "Ryan",    "Jacob",   "Gary",     "Nicholas", "Eric",    "Jonathan",
	"Stephen",     "Larry",   "Justin",    "Scott",   "Brandon", "Benjamin", "Samuel",   "Gregory", "Alexander",
	"Frank",       "Patrick", "Raymond",   "Jack",    "Dennis",  "Jerry",    "Tyler",    "Aaron",   "Jose",
	"Adam",        "Nathan",  "Henry",     "Douglas", "Zachary", "Peter",    "Kyle",     "Ethan",   "Walter",
	"Noel",        "Jeremy",  "Christian", "Keith",   "Roger",   "Terry",    "Austin",   "Sean",    "Gerald",
	"Carl",        "Dylan",   "Harold",    "Jordan",  "Jesse",   "Bryan",    "Lawrence", "Arthur",  "Gabriel",
	"Bruce",       "Logan",   "Billy",     "Joe",     "Alan",    "Juan",     "Elijah",   "Willie",  "Albert",
	"Wayne",       "Randy",   "Mason",     "Vincent", "Oliver",  "Lucas",    "Roy",      "Ralph",   "Bobby",
	"Russell",     "Bradley", "Philip",    "Eugene",  "Aiden",   "Carter",   "Owen",     "Wyatt",   "Caleb",
	"Isaac",       "Luke",    "Levi",      "Julian",  "Hudson",  "Grayson",  "Leo",      "Lincoln", "Ezra",
	"Asher",       "Mateo",   "Santiago",  "Diego",   "Miguel",  "Carlos",   "Luis",     "Jorge",   "Hector",
	"Ramon",       "Rohan",   "Arjun",     "Vikram",  "Omar",    "Ahmed",    "Yusuf",    "Ibrahim", "Wei",
	"Hiroshi",     "Minh",    "Tuan",      "Jamal",   "Darnell", "Tyrone",   "DeShawn",  "Malik",   "Lars",
	"Sven",        "Boris",   "Dmitri",    "Ivan",    "Moshe",   "Chaim",    "Clarence", "Earl",    "Elmer",
	"Floyd",       "Homer",   "Otis",      "Percy",   "Rufus",   "Virgil",   "Wilbur",
};
const struct words given_male = { male, ARRAY_LEN(male) };

static const char *const accented_female[] = {
	"María José",   "Sofía", "Zoë",   "Chloé", "Inés",  "Noémie", "Lucía",  "Renée",
	"Ångström-Liv", "Łucja", "Žofie", "Íris",  "Anaïs", "Begoña", "Océane", "Thérèse",
};
const struct words accent_female = { accented_female, ARRAY_LEN(accented_female) };

static const char *const accented_male[] = {
	"José Luis", "André",  "Jesús", "François", "Björn", "Jürgen", "Ángel", "Nicolás",
	"Łukasz",    "Željko", "Óscar", "René",     "Søren", "Iñaki",  "Raúl",  "Émile",
};
const struct words accent_male = { accented_male, ARRAY_LEN(accented_male) };

static const char *const two_female[] = {
	"Mary Ann", "Anna Marie", "Sarah-Jane", "Billie Jo", "Mary-Kate", "Betty Lou", "Rose Marie", "Ana Sofia",
};
const struct words compound_female = { two_female, ARRAY_LEN(two_female) };

static const char *const two_male[] = {
	"John Paul", "Jean-Luc", "Billy Ray", "Juan Carlos", "J.R.", "Jean-Pierre", "Bobby Joe", "D'Angelo",
};
const struct words compound_male = { two_male, ARRAY_LEN(two_male) };

const struct nickname nicknames[] = {
	{ "Robert", "Bob" },        { "William", "Bill" },    { "Elizabeth", "Liz" },  { "Margaret", "Peggy" },
	{ "James", "Jim" },         { "Katherine", "Kate" },  { "Michael", "Mike" },   { "Jennifer", "Jen" },
	{ "Richard", "Dick" },      { "Patricia", "Trish" },  { "Thomas", "Tom" },     { "Deborah", "Debbie" },
	{ "Christopher", "Chris" }, { "Susan", "Sue" },       { "Charles", "Chuck" },  { "Rebecca", "Becky" },
	{ "Joseph", "Joe" },        { "Jessica", "Jess" },    { "Daniel", "Dan" },     { "Samantha", "Sam" },
	{ "Anthony", "Tony" },      { "Catherine", "Cathy" }, { "Steven", "Steve" },   { "Victoria", "Vicky" },
	{ "Alexander", "Alex" },    { "Kimberly", "Kim" },    { "Benjamin", "Ben" },   { "Barbara", "Barb" },
	{ "Guadalupe", "Lupita" },  { "Jose", "Pepe" },       { "Francisco", "Paco" }, { "Abigail", "Abby" },
};
const size_t nickname_count = ARRAY_LEN(nicknames);

const struct foreign_name foreign_names[] = {
	{ "王", "秀英", "伟" },        { "李", "娜", "强" },
	{ "佐藤", "陽子", "健一" },    { "김", "지은", "민준" },
	{ "Иванова", "Анна", "Пётр" }, { "Шевченко", "Оксана", "Тарас" },
	{ "حسن", "فاطمة", "محمد" },    { "כהן", "רות", "דוד" },
	{ "शर्मा", "अनीता", "राजेश" },   { "Παπαδόπουλος", "Ελένη", "Γιώργος" },
};
const size_t foreign_count = ARRAY_LEN(foreign_names);
