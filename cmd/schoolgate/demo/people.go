package demo

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"schoolgate/portal"
)

// Person is somebody invented whom the demonstration's visitor may be.
type Person struct {
	Subject     string
	Name        string
	Email       string // of staff, as their school's domain vouches for it; of a parent, as the school holds it
	Staff       bool
	Role        portal.Role // of staff; empty is the office
	Classes     []string    // of a teacher
	School      string      // slug, or "*" for both: where they work, or where their children are
	Hint        string      // what there is to see as them
	ContactName string      // of a parent: as the school writes it

	joins   bool   // has used the school's letter
	undone  string // the school whose texts they have left for later
	refuses string // the purpose to which they say no
}

// People are those whom the README's journey follows: parents, then staff.
func People() []Person {
	people := []Person{
		{ContactName: "Mrs Amina Rahman", School: "*", Hint: "Parent of a child at each school, with something left to do", joins: true, undone: "st-osrics-junior"},
		{ContactName: "Mrs Olena Kovalenko", School: "fernlow-primary", Hint: "Parent who has not used the school’s letter yet"},
		{ContactName: "Ms Beth Cawley", School: "fernlow-primary", Hint: "Mother in a family of two homes, who said yes to everything", joins: true},
		{ContactName: "Mr Daniel Reyes", School: "fernlow-primary", Hint: "Father in the same family, who said no to pictures", joins: true, refuses: "website-pictures"},
		{ContactName: "Mr Stuart Pell", School: "st-osrics-junior", Hint: "Estranged father, who still holds parental responsibility", joins: true, refuses: "video-calls"},
		{ContactName: "Mr Craig Hallett", School: "fernlow-primary", Hint: "Father under a court order made after he joined: he sees nothing", joins: true},
		{Name: "Dilys Marchbank", School: "fernlow-primary", Email: "d.marchbank@fernlow.example", Hint: "Office manager at Fernlow Primary"},
		{Name: "Tobias Adeyinka", School: "fernlow-primary", Email: "t.adeyinka@fernlow.example", Role: portal.Lead, Hint: "Safeguarding lead at Fernlow Primary, who sees what was done, and ends a court order’s bar"},
		{Name: "Ruth Penhallow", School: "fernlow-primary", Email: "r.penhallow@fernlow.example", Role: portal.Head, Hint: "Head at Fernlow Primary, who gives access without a signature where there is a reason"},
		{Name: "Ewan Tarrant", School: "fernlow-primary", Email: "e.tarrant@fernlow.example", Role: portal.Teacher, Classes: []string{"Rowan", "Larch"}, Hint: "Teacher of Rowan and Larch at Fernlow Primary, whose pupils sign in class"},
		{Name: "Rohit Sandringham", School: "st-osrics-junior", Email: "r.sandringham@st-osrics.example", Hint: "Office manager at St Osric’s Juniors"},
		{Name: "Marguerite Holt", School: "*", Email: "m.holt@thornmere.example", Hint: "At the trust’s office, for both schools"},
	}
	for i := range people {
		p := &people[i]
		if p.Staff = p.ContactName == ""; !p.Staff {
			_, p.Name, _ = strings.Cut(p.ContactName, " ")
			p.Email = mailbox(p.Name, 1)
		}
		p.Subject = strings.ReplaceAll(strings.ToLower(p.Name), " ", "-")
	}
	return people
}

// Staff is what the settings say of those who work there.
func Staff() (all []portal.Staff) {
	for _, p := range People() {
		if p.Staff {
			all = append(all, portal.Staff{Email: p.Email, School: p.School, Role: cmp.Or(p.Role, portal.Office), Classes: p.Classes})
		}
	}
	return all
}

// schools have two registration groups a year, their youngest first. Their
// pupils' UPNs name local authority 000, which there is not.
var schools = []struct {
	slug, upn    string
	admitted     int // the first admission number in use
	youngest     portal.Year
	small, large int // pupils in a group: of the Nursery, and of the other years
	groups       string
}{
	{"fernlow-primary", "0002417", 3004, portal.Nursery, 21, 27, "Catkin Conker Willow Hazel Rowan Holly Elm Alder Maple Cherry Beech Ash Larch Sycamore Oak Yew"},
	{"st-osrics-junior", "0003306", 988, 3, 0, 30, "Wren Robin Swift Swallow Kingfisher Lapwing Heron Kestrel"},
}

// origins are where families' names come from: so many in a hundred.
var origins = []struct {
	share                             int
	keeps                             bool // a wife keeps the surname she was born with
	girls, boys, women, men, surnames string
}{
	{44, false, "Olivia Amelia Isla Ava Ivy Freya Lily Florence Mia Willow Rosie Sophia Isabella Grace Daisy Sienna Poppy Elsie Emily Ella Evelyn Phoebe Evie Harper Millie Matilda Maisie Chloë Anna-May",
		"Noah George Oliver Arthur Leo Harry Oscar Archie Jack Henry Charlie Freddie Theodore Alfie Finley Arlo Luca Jacob Tommy William Lucas Roman Isaac Teddy Edward Reggie James Tyler Alfie-Joe",
		"Sarah Laura Gemma Emma Rebecca Claire Victoria Samantha Rachel Amy Jennifer Nicola Katie Lisa Kelly Natalie Louise Michelle Hayley Hannah Helen Charlotte Joanne Lucy Stacey",
		"Christopher James David Daniel Michael Matthew Andrew Richard Paul Mark Thomas Adam Robert John Lee Benjamin Steven Jonathan Craig Stephen Simon Gareth Ryan Luke Dean",
		"Smith Jones Taylor Brown Wilson Johnson Walker Wright Thompson White Hughes Edwards Green Hall Wood Harris Clarke Jackson Turner Hill Cooper Ward Morris Moore Baker Fletcher Allsop Radford Bagshaw Marsden Hodgkinson Wheatcroft Tideswell Gratton Fearn Ollerenshaw Eyre Slack Furniss Heathcote Twigg Longden Mycock Critchlow Brocklehurst Swindell Poyser Tunnicliffe"},
	{8, true, "Aisha Zainab Maryam Fatima Hafsa Inaya Zara Noor Eshal Anaya", "Mohammed Ibrahim Yusuf Zayan Hamza Musa Ayaan Eesa Rayyan Bilal", "Shazia Nadia Saima Rukhsana Samina Farzana Uzma Tahira", "Asif Imran Tariq Nadeem Shahid Waqas Kashif Mohammed", "Hussain Khan Ahmed Mahmood Akhtar Iqbal Malik Mirza Butt Chaudhry Qureshi"},
	{4, false, "Simran Jasleen Avneet Harleen Gurleen Mehar", "Arjan Harveer Jovan Gurjeevan Fateh Angad", "Harpreet Manpreet Kulwinder Jaspreet Sukhdeep", "Gurpreet Amandeep Jagdeep Rajinder Balraj", "Gill Dhillon Sandhu Sidhu Bains Grewal"},
	{7, false, "Zofia Maja Lena Oliwia Hanna Wiktoria Nadia Gabriela", "Jakub Oliwier Antoni Kacper Filip Szymon Łukasz Mikołaj", "Agnieszka Katarzyna Monika Małgorzata Magdalena Ewa", "Tomasz Marcin Piotr Paweł Krzysztof Sławomir", "Nowak Kowalski Wiśniewski Wójcik Kamiński Lewandowski Zięba Król Mazur"},
	{5, false, "Sofia Daria Ioana Bianca Ștefania Alexia", "Matei Luca David Andrei Vlad Rareș", "Mihaela Elena Andreea Cristina Gabriela", "Ionuț Florin Marius Cătălin Bogdan", "Popescu Ionescu Munteanu Dumitru Stan Țurcanu Bălan"},
	{4, true, "Anika Tasnim Nabila Sumaiya Raisa Afia", "Tahmid Rafi Zubair Ishaq Nabil Sami", "Nasima Rehana Sultana Shirin Razia", "Abdul Shahin Jahangir Mizanur Rafiq", "Miah Uddin Chowdhury Ali Rahim Sarkar"},
	{3, true, "Hodan Ifrah Sumaya Ayaan Nasra", "Abdirahman Liban Zakariya Guled Bilal", "Hibo Sahra Deqa Fadumo Amina", "Farah Abdullahi Yusuf Mahad Cabdi", "Abdi Warsame Jama Hersi Nuur"},
	{4, false, "Sofiia Anastasiia Zlata Kateryna Polina", "Danylo Maksym Tymofii Nazar Ostap", "Oksana Iryna Tetiana Nataliia Yuliia", "Andrii Serhii Vasyl Bohdan Taras", "Shevchenko Bondarenko Tkachenko Melnyk Kravets Savchuk"},
	{5, false, "Ifeoluwa Temiloluwa Adaeze Chidera Oluwadarasimi Zikora", "Ayomide Chukwuemeka Oluwaseun Kelechi Emeka", "Folake Ngozi Chiamaka Yetunde Blessing", "Babatunde Obinna Olumide Chinedu Femi", "Okafor Adeyemi Okonkwo Balogun Eze Ogunleye"},
	{3, true, "Xinyi Yutong Meilin Ka-Yan Jia", "Haoran Zihan Chun-Hei Yi Junjie", "Li-Na Xiuying Wai-Ling Fang Mei", "Wei Jun Kwok-Wah Bo Qiang", "Chen Wong Li Ng Zhang Ho"},
	{3, false, "Kavya Tharani Nila Abinaya Yalini", "Kavin Aran Pranav Thilan Sajan", "Vasanthi Meena Kalaivani Sumathi Yamuna", "Suresh Thayaparan Ravindran Ganesh", "Sivakumar Balasubramaniam Nadarajah Rajaratnam Selvarajah"},
	{4, true, "Layan Salma Jana Maryam Rimas", "Omar Karim Yahya Anas Ziad", "Rania Huda Samar Abeer Dina", "Khaled Mahmoud Bassam Tarek Nizar", "Al-Masri Haddad El-Sayed Al-Khatib Mansour Darwish"},
	{4, false, "Ffion Seren Cerys Niamh Aoife Caoimhe Siân", "Rhys Ioan Gethin Oisín Cian Tadhg Séamus", "Bronwen Nerys Siobhán Gráinne Angharad", "Dafydd Huw Eoin Declan Padraig", "Llewellyn Pryce O'Dowd O'Shaughnessy McAuley Ap-Rhys"},
	{2, true, "Beatriz Lúcia Inês Maria-José Pilar", "Mateo Tomás João Rohan Xavi", "Conceição Begoña Fátima Sónia", "Joaquín Nuno André Savio", "Nuñez D'Souza Gonçalves Peña Fernandes"},
}

// roles are the parts that adults play in a child's life, and homes the
// families they make up, the commoner oftener; after a stroke, in two homes.
var (
	roles = map[rune]struct {
		relationship, titles string
		woman                bool
		emails               int // of a hundred have an address
	}{
		'm': {"Mother", "Mrs Mrs Mrs Mrs Mrs Mrs Ms Ms Ms Miss Miss Dr", true, 95}, 'f': {"Father", "Mr Mr Mr Mr Mr Mr Mr Mr Mr Dr", false, 84},
		'g': {"Grandmother", "Mrs", true, 25}, 'h': {"Grandfather", "Mr", false, 15}, 's': {"Step-father", "Mr", false, 50},
		'a': {"Aunt", "Mrs Miss", true, 30}, 'c': {"Childminder", "Mrs Ms", true, 20}, 'n': {"Neighbour", "Mr", false, 10},
	}
	homes = "mf mf mf mf mf mf mf fm mfg mfg mfh mfa mfc mfn mm m m m mg mg ma f fg m/f m/f m/fs m/fsg"
)

// families are the families that have to be there, each with its children
// ("group forename surname", a preferred name after an equals sign) and adults
// ("relation: title forename surname; what they hold").
var families = []struct{ children, adults []string }{
	{[]string{"Elm Yusuf Rahman", "Kingfisher Zaynab Rahman"}, []string{"Mother: Mrs Amina Rahman; responsibility email", "Father: Mr Imran Rahman; responsibility"}},
	{[]string{"Rowan Daryna=Дарина Kovalenko"}, []string{"Mother: Mrs Olena Kovalenko; responsibility email"}},
	{[]string{"Maple Poppy Cawley-Reyes"}, []string{"Mother: Ms Beth Cawley; responsibility email", "Father: Mr Daniel Reyes; responsibility email"}},
	{[]string{"Lapwing Isla Pell"}, []string{"Mother: Ms Kerry Dunmore; responsibility email", "Father: Mr Stuart Pell; responsibility email", "Grandmother: Mrs Sheila Dunmore;"}},
	{[]string{"Oak Alfie Hallett"}, []string{"Mother: Mrs Leanne Hallett; responsibility email", "Father: Mr Craig Hallett; responsibility email order"}},
	{[]string{"Swallow Tyler Marsh"}, []string{"Foster carer: Mrs Glenys Pritchard; email", "Social worker: Ms Farida Osei; email"}},
	{[]string{"Alder Mia Tranter"}, []string{"Grandmother: Mrs Maureen Tranter;", "Grandfather: Mr Ken Tranter;", "Mother: Miss Jade Tranter; responsibility"}},
	{[]string{"Larch Ffion Llewellyn", "Sycamore Carys Llewellyn"}, []string{"Mother: Dr Siân Llewellyn; responsibility email"}},
	{[]string{"Beech Oliver Smith"}, []string{"Mother: Mrs Sarah Smith; responsibility email", "Father: Mr Paul Smith; responsibility email"}},
	{[]string{"Beech Oliver Smith"}, []string{"Mother: Mrs Sarah Smith; responsibility email"}},
	{[]string{"Holly Wilhelmina-Alexandrina Featherstonehaugh-Cholmondeley"}, []string{"Mother: Lady Persephone-Henrietta Featherstonehaugh-Cholmondeley; responsibility email", "Nanny: Miss Anneke van der Westhuizen-Oppenheimer;"}},
	{[]string{"Wren Bo Li"}, []string{"Father: Mr Yi Li; responsibility email"}},
	{[]string{"Cherry Zoë O'Dowd", "Heron Róisín O'Dowd"}, []string{"Mother: Mrs Gráinne O'Dowd; responsibility email", "Father: Mr Eoin O'Dowd; responsibility email"}},
	{[]string{"Ash Rohan D'Souza"}, []string{"Father: Mr Savio D'Souza; responsibility email"}},
	{[]string{"Robin Łukasz Zięba"}, []string{"Mother: Mrs Małgorzata Zięba; responsibility email"}},
	{[]string{"Swift Mateo Nuñez"}, []string{"Mother: Ms Begoña Nuñez; responsibility"}},
	{[]string{"Hazel Layla=ليلى Haddad"}, []string{"Mother: Mrs Rania Mansour; responsibility email", "Father: Mr Nizar Haddad; responsibility email"}},
	{[]string{"Yew Xiaoming=小明 Chen"}, []string{"Mother: Ms Li-Na Zhang; responsibility email"}},
	{[]string{"Kestrel Amari Eze"}, nil}, // arrived yesterday
}

// roll deals the places of both schools out to families.
type roll struct {
	*rand.Rand
	september time.Time // when the school year began
	places    []place
	pupils    []place
	adults    int
	mailboxes map[string]int
	household map[string]bool // forenames in the family being made
}

// place is a pupil's place at a school, and once a family has taken it the pupil with
// their contacts.
type place struct {
	school int // in schools
	row    portal.ClassListRow
	adults []portal.ClassListRow
}

// SchoolYear is the September that began the English school year of a day.
func SchoolYear(day time.Time) time.Time {
	year := day.Year()
	if day.Month() < time.September {
		year--
	}
	return time.Date(year, time.September, 1, 0, 0, 0, 0, time.UTC)
}

func newRoll(today time.Time) *roll {
	r := &roll{Rand: rand.New(rand.NewPCG(960, 7700)), september: SchoolYear(today), mailboxes: map[string]int{}}
	for i, s := range schools {
		for j, group := range strings.Fields(s.groups) {
			empty := place{school: i, row: portal.ClassListRow{Year: s.youngest + portal.Year(j/2), Group: group}}
			size := s.large
			if empty.row.Year == portal.Nursery {
				size = s.small
			}
			r.places = append(r.places, slices.Repeat([]place{empty}, size)...)
		}
	}
	r.Shuffle(len(r.places), func(i, j int) { r.places[i], r.places[j] = r.places[j], r.places[i] })
	for _, f := range families {
		var children []place
		for _, text := range f.children {
			w := strings.SplitN(text, " ", 3)
			p, _ := r.take(func(p place) bool { return p.row.Group == w[0] })
			p.row.Forename, p.row.Surname = w[1], w[2]
			children = append(children, p)
		}
		var adults []portal.ClassListRow
		for _, text := range f.adults {
			relationship, rest, _ := strings.Cut(text, ": ")
			name, holds, _ := strings.Cut(rest, ";")
			a := r.adult(relationship, name, strings.Contains(holds, "email"))
			a.Parental, a.CourtOrder = strings.Contains(holds, "responsibility"), strings.Contains(holds, "order")
			children[0].row.LookedAfter = children[0].row.LookedAfter || relationship == "Social worker"
			adults = append(adults, a)
		}
		r.settle(children, adults)
	}
	for len(r.places) > 0 {
		r.family()
	}
	r.number()
	return r
}

// take gives away a free place that fits.
func (r *roll) take(fits func(place) bool) (place, bool) {
	i := slices.IndexFunc(r.places, fits)
	if i < 0 {
		return place{}, false
	}
	found := r.places[i]
	r.places = slices.Delete(r.places, i, i+1)
	return found, true
}

func (r *roll) one(of string) string {
	words := strings.Fields(of)
	return words[r.IntN(len(words))]
}

// forename is one of the names that nobody else in the family has.
func (r *roll) forename(of string) string {
	for {
		if name := r.one(of); !r.household[name] {
			r.household[name] = true
			return name
		}
	}
}

// family makes a family of ordinary people for the next free place.
func (r *roll) family() {
	r.household = map[string]bool{}
	n, i := r.IntN(100), 0
	for ; n >= origins[i].share; i++ {
		n -= origins[i].share
	}
	o := origins[i]
	home := r.one(homes)
	parted := strings.Contains(home, "/")
	his, hers := r.one(o.surnames), r.one(o.surnames)
	if !o.keeps && !parted {
		hers = his
	}
	var adults []portal.ClassListRow
	for _, c := range strings.ReplaceAll(home, "/", "") {
		role := roles[c]
		forenames, surname := o.men, his
		if role.woman {
			forenames, surname = o.women, hers
		}
		if strings.ContainsRune("sacn", c) {
			surname = r.one(o.surnames)
		}
		if role.woman {
			surname = feminine(surname)
		}
		a := r.adult(role.relationship, r.one(role.titles)+" "+r.forename(forenames)+" "+surname, r.IntN(100) < role.emails)
		a.Parental = c == 'm' || c == 'f'
		adults = append(adults, a)
	}
	if parted && i == 0 && hers != his && r.IntN(3) == 0 {
		his = hers + "-" + his
	}
	first, _ := r.take(func(place) bool { return true })
	children := []place{first}
	sibling := func(percent int, fits func(place) bool) {
		if r.IntN(100) < percent {
			if p, ok := r.take(fits); ok {
				children = append(children, p)
			}
		}
	}
	sibling(2, func(p place) bool { return p.school == first.school && p.row.Year == first.row.Year })
	sibling(25, func(p place) bool { // apart in age; of two schools, the younger at the primary
		young := min(p.row.Year, first.row.Year)
		return p.school == first.school && p.row.Year > young+1 || p.school != first.school && young < 3
	})
	for i := range children {
		if row := &children[i].row; r.IntN(2) == 0 {
			row.Forename, row.Surname = r.forename(o.girls), feminine(his)
		} else {
			row.Forename, row.Surname = r.forename(o.boys), his
		}
	}
	r.settle(children, adults)
}

// feminine is a Polish surname as a woman bears it.
func feminine(surname string) string {
	if stem, ok := strings.CutSuffix(surname, "ski"); ok {
		return stem + "ska"
	}
	return surname
}

func (r *roll) adult(relationship, name string, email bool) portal.ClassListRow {
	a := portal.ClassListRow{ContactName: name, Relationship: relationship}
	a.Phone = fmt.Sprintf("07700 900%03d", r.adults) // Ofcom keeps this range and the other for drama
	if r.adults > 999 {
		a.Phone = fmt.Sprintf("01632 960%03d", 200+r.adults%800)
	}
	r.adults++
	if _, untitled, _ := strings.Cut(name, " "); email {
		r.mailboxes[untitled]++
		a.Email = mailbox(untitled, r.mailboxes[untitled])
	}
	return a
}

// mailbox is the address of the nth person of a name. Nobody can own a name
// under .example.
func mailbox(name string, nth int) string {
	local := strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '.'
		case c == 'ł':
			return 'l'
		case c == '-' || c >= 'a' && c <= 'z':
			return c
		}
		return -1
	}, norm.NFD.String(strings.ToLower(name)))
	domain := []string{"postbox", "hearthmail", "brightpost"}[len(local)%3]
	if nth > 1 {
		local += strconv.Itoa(nth)
	}
	return local + "@" + domain + ".example"
}

// settle puts a family's children on the roll; those of one year are twins.
func (r *roll) settle(children []place, adults []portal.ClassListRow) {
	born := map[portal.Year]portal.Date{}
	for _, p := range children {
		day := r.september.AddDate(-5-int(p.row.Year), 0, r.IntN(365)).Format(time.DateOnly)
		p.row.Born = cmp.Or(born[p.row.Year], portal.Date(day))
		born[p.row.Year], p.adults = p.row.Born, adults
		r.pupils = append(r.pupils, p)
	}
}

// number gives the pupils their numbers, in the order in which they came to the
// school. Some of the youngest have no UPN yet, and one in each year a temporary one.
func (r *roll) number() {
	slices.SortStableFunc(r.pupils, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.school, b.school), cmp.Compare(b.row.Year, a.row.Year), cmp.Compare(a.row.Surname, b.row.Surname), cmp.Compare(a.row.Forename, b.row.Forename))
	})
	admitted, serial := [2]int{}, map[[2]int]int{}
	for i := range r.pupils {
		p := &r.pupils[i]
		s, year := schools[p.school], [2]int{p.school, int(p.row.Year)}
		p.row.AdmissionNumber = fmt.Sprintf("%06d", s.admitted+admitted[p.school])
		admitted[p.school]++
		serial[year]++
		n := serial[year]
		digits := fmt.Sprintf("%s%02d%03d", s.upn, (r.september.Year()-1-int(p.row.Year))%100, n)
		switch {
		case p.row.Year == portal.Nursery && n%6 == 0:
			continue
		case n == 42:
			digits = digits[:len(digits)-1] + "A"
		}
		for c := 'A'; !portal.ValidUPN(p.row.UPN); c++ { // until the check letter is right
			p.row.UPN = string(c) + digits
		}
	}
}

// classList is a school's class list as its office would export it: one row
// for each pupil and contact. It is the same all the school year.
func classList(school string, today time.Time) []byte {
	out := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(out)
	w.UseCRLF = true
	write := func(cells ...string) { _ = w.Write(cells) } // a buffer takes everything
	write("UPN", "Adno", "Legal Forename", "Preferred Forename", "Legal Surname", "DOB", "Year", "Reg", "In Care", "Priority", "Contact Title", "Contact Forename",
		"Contact Surname", "Relationship", "Parental Responsibility", "Court Order", "Main Telephone", "Primary Email", "Contact Note")
	tick := map[bool]string{true: "T", false: "F"}
	pupils := newRoll(today).pupils
	slices.SortStableFunc(pupils, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.row.Year, b.row.Year), cmp.Compare(a.row.Group, b.row.Group), cmp.Compare(a.row.Surname, b.row.Surname), cmp.Compare(a.row.Forename, b.row.Forename))
	})
	for _, p := range pupils {
		if schools[p.school].slug != school {
			continue
		}
		row := p.row
		born, _ := time.Parse(time.DateOnly, string(row.Born))
		legal, preferred, _ := strings.Cut(row.Forename, "=")
		pupil := []string{row.UPN, row.AdmissionNumber, legal, cmp.Or(preferred, legal), row.Surname, born.Format("02/01/2006"), row.Year.String(), row.Group, tick[row.LookedAfter]}
		for i, a := range p.adults {
			name, note := strings.SplitN(a.ContactName, " ", 3), ""
			if a.CourtOrder {
				note = "Prohibited steps order: copy in the safeguarding file"
			}
			write(append(slices.Clone(pupil), strconv.Itoa(i+1), name[0], name[1], name[2], a.Relationship, tick[a.Parental], tick[a.CourtOrder], a.Phone, a.Email, note)...)
		}
		if len(p.adults) == 0 {
			write(append(pupil, make([]string, 10)...)...)
		}
	}
	w.Flush()
	return out.Bytes()
}
