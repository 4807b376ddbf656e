//! The tables of [`super`]: facts about English, in an order that matters.

/// A word with a plural of its own.
pub(super) struct Entry {
    /// The word.
    pub(super) singular: &'static str,
    /// Its plural.
    pub(super) plural: &'static str,
    /// Another plural, left as it is when met; empty for none.
    pub(super) alternative: &'static str,
    /// Whether the rule is for the word alone, not for words that end in it.
    pub(super) exact: bool,
    /// Whether the plural is left as it is when met.
    pub(super) recognised: bool,
}

const fn word(singular: &'static str, plural: &'static str, alternative: &'static str) -> Entry {
    Entry { singular, plural, alternative, exact: false, recognised: true }
}

const fn exact(singular: &'static str, plural: &'static str) -> Entry {
    Entry { singular, plural, alternative: "", exact: true, recognised: true }
}

const fn one_way(singular: &'static str, plural: &'static str, alternative: &'static str) -> Entry {
    Entry { singular, plural, alternative, exact: false, recognised: false }
}

/// Irregular words. As suffixes they are tried from the last to the first.
#[rustfmt::skip]
pub(super) const DICTIONARY: &[Entry] = &[
    word("aircraft", "aircraft", ""), word("beef", "beef", "beefs"), word("bison", "bison", ""),
    one_way("blues", "blues", ""), word("chassis", "chassis", ""), word("deer", "deer", ""),
    word("fish", "fish", "fishes"), word("moose", "moose", ""), word("police", "police", ""),
    word("salmon", "salmon", "salmons"), word("series", "series", ""), word("sheep", "sheep", ""),
    word("shrimp", "shrimp", "shrimps"), word("species", "species", ""), word("swine", "swine", "swines"),
    word("trout", "trout", "trouts"), word("tuna", "tuna", "tunas"), word("you", "you", ""),
    word("child", "children", ""), exact("ox", "oxen"), word("foot", "feet", ""),
    word("goose", "geese", ""), word("man", "men", ""), word("human", "humans", ""), exact("louse", "lice"),
    word("mouse", "mice", ""), word("tooth", "teeth", ""), word("woman", "women", ""), exact("die", "dice"),
    word("person", "people", ""), word("adieu", "adieux", "adieus"), word("fabliau", "fabliaux", ""),
    word("bureau", "bureaus", "bureaux"), word("criterion", "criteria", ""),
    word("ganglion", "ganglia", "ganglions"), word("lexicon", "lexica", "lexicons"),
    word("mitochondrion", "mitochondria", "mitochondrions"), word("noumenon", "noumena", ""),
    word("phenomenon", "phenomena", ""), word("taxon", "taxa", ""), word("media", "media", ""),
    one_way("medium", "media", "mediums"), word("stadium", "stadiums", "stadia"),
    word("aquarium", "aquaria", "aquariums"), word("auditorium", "auditoria", "auditoriums"),
    word("symposium", "symposia", "symposiums"), word("curriculum", "curriculums", "curricula"),
    word("quota", "quotas", ""), word("alumnus", "alumni", "alumnuses"), word("bacillus", "bacilli", ""),
    word("cactus", "cacti", "cactuses"), word("coccus", "cocci", ""), word("focus", "foci", "focuses"),
    word("locus", "loci", "locuses"), word("nucleus", "nuclei", "nucleuses"),
    word("octopus", "octupuses", "octopi"), word("radius", "radii", "radiuses"),
    word("syllabus", "syllabi", ""), word("corpus", "corpora", "corpuses"), word("genus", "genera", ""),
    word("alumna", "alumnae", ""), word("vertebra", "vertebrae", ""),
    word("differentia", "differentiae", ""), word("minutia", "minutiae", ""), word("vita", "vitae", ""),
    word("larva", "larvae", ""), word("postcava", "postcavae", ""), word("praecava", "praecavae", ""),
    word("uva", "uvae", ""), word("apex", "apices", "apexes"), word("codex", "codices", "codexes"),
    word("index", "indices", "indexes"), word("latex", "latices", "latexes"),
    word("vertex", "vertices", "vertexes"), word("vortex", "vortices", "vortexes"),
    word("appendix", "appendices", "appendixes"), word("radix", "radices", "radixes"),
    word("helix", "helices", "helixes"), exact("axis", "axes"), word("crisis", "crises", ""),
    one_way("ellipsis", "ellipses", ""), word("genesis", "geneses", ""), word("oasis", "oases", ""),
    word("thesis", "theses", ""), word("testis", "testes", ""), word("base", "bases", ""),
    one_way("basis", "bases", ""), exact("alias", "aliases"), word("vedalia", "vedalias", ""),
    exact("use", "uses"), word("abuse", "abuses", ""), word("cause", "causes", ""),
    word("clause", "clauses", ""), word("cruse", "cruses", ""), word("excuse", "excuses", ""),
    word("fuse", "fuses", ""), word("house", "houses", ""), word("misuse", "misuses", ""),
    word("muse", "muses", ""), word("pause", "pauses", ""), word("ache", "aches", ""),
    word("topaz", "topazes", ""), word("buffalo", "buffaloes", "buffalos"), word("potato", "potatoes", ""),
    word("tomato", "tomatoes", ""), word("equipment", "equipment", ""),
    word("information", "information", ""), word("jeans", "jeans", ""), word("money", "money", ""),
    word("news", "news", ""), word("rice", "rice", ""), word("dwarf", "dwarfs", "dwarves"),
    word("hoof", "hoofs", "hooves"), word("thief", "thieves", ""), word("chive", "chives", ""),
    word("hive", "hives", ""), word("move", "moves", ""), word("movie", "movies", ""),
    word("cookie", "cookies", ""), word("pretorium", "pretoriums", ""), word("agenda", "agendas", ""),
    word("formula", "formulas", "formulae"), word("shoe", "shoes", ""), exact("toe", "toes"),
    word("graffiti", "graffiti", ""),
];

/// Rules for endings, the first that fits.
#[rustfmt::skip]
pub(super) const SUFFIXES: &[(&str, &str)] = &[
    ("tive", "tives"), ("eaf", "eaves"), ("oaf", "oaves"), ("afe", "aves"), ("arf", "arves"),
    ("rfe", "rves"), ("rf", "rves"), ("lf", "lves"), ("fe", "ves"), ("ay", "ays"), ("ey", "eys"),
    ("oy", "oys"), ("quy", "quies"), ("uy", "uys"), ("y", "ies"), ("eau", "eaux"), ("bula", "bulae"),
    ("dula", "bulae"), ("lula", "bulae"), ("nula", "bulae"), ("vula", "bulae"), ("hedron", "hedra"),
    ("ium", "ia"), ("seum", "seums"), ("eum", "ea"), ("oum", "oa"), ("stracum", "straca"), ("dum", "da"),
    ("elum", "ela"), ("ilum", "ila"), ("olum", "ola"), ("ulum", "ula"), ("llum", "lla"), ("ylum", "yla"),
    ("imum", "ima"), ("ernum", "erna"), ("gnum", "gna"), ("brum", "bra"), ("crum", "cra"),
    ("terum", "tera"), ("serum", "sera"), ("trum", "tra"), ("antum", "anta"), ("atum", "ata"),
    ("entum", "enta"), ("etum", "eta"), ("itum", "ita"), ("otum", "ota"), ("utum", "uta"), ("ctum", "cta"),
    ("ovum", "ova"), ("trix", "trices"), ("iasis", "iases"), ("mesis", "meses"), ("kinesis", "kineses"),
    ("resis", "reses"), ("gnosis", "gnoses"), ("opsis", "opses"), ("ysis", "yses"), ("ouse", "ouses"),
    ("lause", "lauses"), ("us", "uses"), ("ch", "ches"), ("io", "ios"), ("sh", "shes"), ("ss", "sses"),
    ("ez", "ezzes"), ("iz", "izzes"), ("tz", "tzes"), ("zz", "zzes"), ("ano", "anos"), ("lo", "los"),
    ("to", "tos"), ("oo", "oos"), ("o", "oes"), ("x", "xes"),
];

/// Acronyms that end in an `S` which belongs to the word.
pub(super) const ACRONYMS: &[&str] =
    &["AES", "BSS", "CMOS", "DES", "DNS", "ESS", "FCS", "HTTPS", "IDS", "IPS", "MPLS", "POTS"];
