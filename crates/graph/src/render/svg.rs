//! A graph as SVG: one column for each wave, arrows from a dependency to what needs it. Edges that pass a column get a
//! lane of their own in it; lanes and nodes are ordered by their neighbours, so that few edges cross.

use crate::{Graph, Node, NodeKind};
use std::fmt::Write;

const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 44.0;
const COLUMN: f64 = WIDTH + 90.0;
const ROW: f64 = HEIGHT + 22.0;
const MARGIN: f64 = 20.0;
/// How often the order of the columns is improved.
const SWEEPS: usize = 8;
/// The share of a row that a lane takes.
const LANE: f64 = 0.4;

/// A drawing of the graph, complete in itself. Dashed edges lead to what may be left out.
pub fn svg(graph: &Graph) -> String {
    let layout = Layout::new(graph);
    let (width, height) = layout.size();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n"
    );
    out.push_str(STYLE);
    let _ = writeln!(out, "<title>{}</title>", graph.instance.resource.gvk.kind);
    for edge in &layout.edges {
        let target = layout.columns.iter().flatten().find(|cell| cell.is(edge.to));
        let optional = target.is_some_and(|cell| cell.node.is_some_and(|node| !node.include_when.is_empty()));
        let class = if optional { "edge optional" } else { "edge" };
        let _ = writeln!(out, "<path class=\"{class}\" d=\"{}\"/>", layout.path(edge));
    }
    for (column, cells) in layout.columns.iter().enumerate() {
        for (row, node) in cells.iter().enumerate().filter_map(|(row, cell)| Some((row, cell.node?))) {
            let (x, y) = layout.corner(column, row);
            box_of(&mut out, node, x, y);
        }
    }
    out.push_str("</svg>\n");
    out
}

const STYLE: &str = "<style>
.box { fill: #eef4ff; stroke: #3b6fd4 } .external { fill: #f4f4f4; stroke: #888888; stroke-dasharray: 4 3 }
.edge { fill: none; stroke: #777777; marker-end: url(#tip) } .optional { stroke-dasharray: 5 4 }
.kind { fill: #666666; font-size: 11px } text { fill: #111111; text-anchor: middle }
</style>
<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#777777\"/></marker></defs>
";

/// Ids and kinds have letters and digits only, so nothing has to be escaped.
fn box_of(out: &mut String, node: &Node, x: f64, y: f64) {
    let class = if node.is_managed() { "box" } else { "box external" };
    if node.is_list() {
        rectangle(out, class, x + 4.0, y - 4.0);
    }
    rectangle(out, class, x, y);
    let middle = x + WIDTH / 2.0;
    let many = if matches!(node.kind, NodeKind::Collection { .. }) { " ×n" } else { "" };
    let _ = writeln!(out, "<text x=\"{middle}\" y=\"{}\">{}{many}</text>", y + 18.0, node.id);
    let kind = &node.resource.gvk.kind;
    let _ = writeln!(out, "<text class=\"kind\" x=\"{middle}\" y=\"{}\">{kind}</text>", y + 34.0);
}

fn rectangle(out: &mut String, class: &str, x: f64, y: f64) {
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>"
    );
}

/// A node, or the lane of an edge that passes.
#[derive(Debug)]
struct Cell<'g> {
    node: Option<&'g Node>,
    /// The node's position in the graph, or the position of the edge.
    key: usize,
    /// Where its neighbours in the column in front are, on average.
    weight: f64,
}

impl Cell<'_> {
    fn is(&self, node: usize) -> bool {
        self.node.is_some() && self.key == node
    }

    fn is_lane(&self, edge: usize) -> bool {
        self.node.is_none() && self.key == edge
    }
}

#[derive(Debug)]
struct Edge {
    index: usize,
    from: usize,
    to: usize,
    /// Columns of both ends.
    columns: (usize, usize),
}

#[derive(Debug)]
struct Layout<'g> {
    columns: Vec<Vec<Cell<'g>>>,
    edges: Vec<Edge>,
}

impl<'g> Layout<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut columns: Vec<Vec<Cell<'g>>> = graph.waves.iter().map(|_| Vec::new()).collect();
        let column = |node: &Node| node.wave.saturating_sub(1) as usize;
        for (key, node) in graph.nodes.values().enumerate() {
            if let Some(cells) = columns.get_mut(column(node)) {
                cells.push(Cell { node: Some(node), key, weight: 0.0 });
            }
        }
        let mut edges = Vec::new();
        for (to, node) in graph.nodes.values().enumerate() {
            for (from, dependency) in node
                .dependencies
                .iter()
                .filter_map(|id| Some((graph.nodes.get_index_of(id)?, graph.nodes.get(id)?)))
            {
                let index = edges.len();
                let span = (column(dependency), column(node));
                for cells in columns.iter_mut().take(span.1).skip(span.0 + 1) {
                    cells.push(Cell { node: None, key: index, weight: 0.0 });
                }
                edges.push(Edge { index, from, to, columns: span });
            }
        }
        let mut layout = Self { columns, edges };
        for sweep in 0..SWEEPS {
            layout.sweep(sweep % 2 == 0);
        }
        layout
    }

    /// Orders each column by the mean place of its neighbours in the one before it; every other time, behind it.
    fn sweep(&mut self, forward: bool) {
        let count = self.columns.len();
        for step in 1..count {
            let column = if forward { step } else { count - 1 - step };
            let other = if forward { column - 1 } else { column + 1 };
            let weights: Vec<f64> = (0..self.columns[column].len())
                .map(|row| {
                    let cell = &self.columns[column][row];
                    let places: Vec<f64> = self
                        .edges
                        .iter()
                        .filter(|edge| Self::passes(edge, column, cell))
                        .filter_map(|edge| Some(self.row(edge, other)? as f64))
                        .collect();
                    // What has no neighbour there stays about where it is.
                    if places.is_empty() {
                        row as f64
                    } else {
                        places.iter().sum::<f64>() / places.len() as f64
                    }
                })
                .collect();
            for (cell, weight) in self.columns[column].iter_mut().zip(weights) {
                cell.weight = weight;
            }
            self.columns[column].sort_by(|one, two| one.weight.total_cmp(&two.weight));
        }
    }

    fn passes(edge: &Edge, column: usize, cell: &Cell<'_>) -> bool {
        match cell.node {
            Some(_) => {
                (edge.columns.0 == column && edge.from == cell.key)
                    || (edge.columns.1 == column && edge.to == cell.key)
            }
            None => edge.index == cell.key,
        }
    }

    /// The row of an edge in a column: of one of its ends, or of its lane.
    fn row(&self, edge: &Edge, column: usize) -> Option<usize> {
        let cells = self.columns.get(column)?;
        if column == edge.columns.0 {
            cells.iter().position(|cell| cell.is(edge.from))
        } else if column == edge.columns.1 {
            cells.iter().position(|cell| cell.is(edge.to))
        } else {
            cells.iter().position(|cell| cell.is_lane(edge.index))
        }
    }

    fn height_of(cells: &[Cell<'_>]) -> f64 {
        cells.iter().map(|cell| if cell.node.is_some() { ROW } else { ROW * LANE }).sum()
    }

    fn size(&self) -> (f64, f64) {
        let tallest = self.columns.iter().map(|cells| Self::height_of(cells)).fold(ROW, f64::max);
        let columns = self.columns.len().max(1) as f64;
        (columns * COLUMN - (COLUMN - WIDTH) + 2.0 * MARGIN + 4.0, tallest + 2.0 * MARGIN)
    }

    /// The upper left corner of a cell; columns are centred.
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        let (_, height) = self.size();
        let cells = &self.columns[column];
        let above = Self::height_of(&cells[..row]);
        let top = (height - Self::height_of(cells)) / 2.0 + (ROW - HEIGHT) / 2.0;
        (MARGIN + column as f64 * COLUMN, top + above)
    }

    /// A curve through the lanes of an edge.
    fn path(&self, edge: &Edge) -> String {
        let middle = |column: usize, lane: bool| {
            let (x, y) = self.corner(column, self.row(edge, column).unwrap_or(0));
            (x, if lane { y + ROW * LANE / 2.0 - (ROW - HEIGHT) / 2.0 } else { y + HEIGHT / 2.0 })
        };
        let (x, y) = middle(edge.columns.0, false);
        let (mut x, mut y) = (x + WIDTH, y);
        let mut path = format!("M{x} {y}");
        for column in edge.columns.0 + 1..=edge.columns.1 {
            let lane = column < edge.columns.1;
            let (to_x, to_y) = middle(column, lane);
            let half = (to_x - x) / 2.0;
            let _ = write!(path, "C{} {y} {} {to_y} {to_x} {to_y}", x + half, to_x - half);
            (x, y) = (to_x, to_y);
            if lane {
                x += WIDTH;
                let _ = write!(path, "H{x}");
            }
        }
        path
    }
}
