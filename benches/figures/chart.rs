//! How what was measured grows with size, in words and as a picture with both axes logarithmic: what grows with the
//! size is a straight line with a slope of one.

use std::path::Path;

use plotters::prelude::*;

/// What one way takes, by size.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// Size, and what it takes there.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Prints how each grows between its last two sizes, as the exponent of a power of the size.
pub(crate) fn growth(lines: &[Line]) {
    let slopes = lines.iter().filter_map(|line| {
        let [.., (x0, y0), (x1, y1)] = line.points.as_slice() else { return None };
        let slope = (y1 / y0).ln() / (x1 / x0).ln();
        Some(format!("{} as n^{slope:.2}", line.name))
    });
    let slopes: Vec<String> = slopes.collect();
    if !slopes.is_empty() {
        println!("grows between the last two: {}", slopes.join("; "));
    }
}

/// Where `docs/speed.md` finds the pictures.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/speed");

/// Draws them into `docs/speed` if `ECOSYSTEM_FIGURES` is `write`.
pub(crate) fn draw(file: &str, title: &str, x: &str, y: &str, lines: &[Line]) {
    if std::env::var_os("ECOSYSTEM_FIGURES").is_none_or(|it| it != "write") {
        return;
    }
    std::fs::create_dir_all(PICTURES).unwrap();
    let path = Path::new(PICTURES).join(format!("{file}.svg"));
    let area = SVGBackend::new(&path, (760, 440)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let (xs, ys) = (range(lines, |point| point.0), range(lines, |point| point.1));
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d((xs.0..xs.1).log_scale(), (ys.0..ys.1).log_scale())
        .unwrap();
    chart.configure_mesh().x_desc(x).y_desc(y).light_line_style(WHITE).draw().unwrap();
    for (index, line) in lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let drawn = chart
            .draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(2)).point_size(3));
        let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2));
        drawn.unwrap().label(line.name).legend(key);
    }
    let mut legend = chart.configure_series_labels();
    let legend = legend.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8));
    legend.border_style(BLACK.mix(0.3)).draw().unwrap();
    area.present().unwrap();
}

/// From the least to the most, with room on both sides.
fn range(lines: &[Line], of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let values = lines.iter().flat_map(|line| line.points.iter().map(&of));
    let (least, most) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(l, m), it| (l.min(it), m.max(it)));
    (least / 1.3, most * 1.3)
}
